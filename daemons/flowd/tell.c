/*
 * What flowd has to say by itself. See tell.h.
 */
#include "tell.h"

#include <stdio.h>

void
tell(struct logger *logger, enum log_severity severity, const char *tag, const char *format, ...)
{
	struct text line = TEXT_EMPTY;
	va_list arguments;

	va_start(arguments, format);
	text_vprintf(&line, format, arguments);
	va_end(arguments);
	if (severity <= LOG_SEVERITY_WARNING) {
		(void)fprintf(stderr, "sallyport-flowd: %s\n", text_string(&line));
	}
	if (logger != NULL) {
		logger_printf(logger, severity, tag, "%s", text_string(&line));
	}
	text_release(&line);
}
