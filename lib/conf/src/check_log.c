/*
 * `security log`: streams that lead nowhere, and what says something that has no effect.
 */
#include <string.h>

#include "check_private.h"

static void
check_stream(const struct check *check, const struct conf_node *stream)
{
	const struct conf_node *transport = conf_child(stream, "transport");
	const char *protocol = conf_value(transport, "protocol");
	const bool tls = protocol != NULL && strcmp(protocol, "tls") == 0;

	if (conf_value(conf_child(stream, "host"), "name") == NULL) {
		check_error(check, stream, "a stream needs the host that it goes to");
	}
	if (!tls && (conf_present(transport, "trusted-ca") || conf_present(transport, "server-name"))) {
		check_warning(check, transport, "certificates are looked at with protocol tls only");
	}
}

void
check_log(const struct check *check)
{
	const struct conf_node *log = conf_walk(check->top, "security", "log", NULL);
	const struct conf_node *stream = conf_first(log, "stream");
	const char *mode = conf_value(log, "mode");

	if (mode != NULL && strcmp(mode, "event") == 0 && stream != NULL) {
		check_warning(check, conf_child(log, "mode"), "streams get nothing: traffic logs go to system syslog");
	}
	if (mode != NULL && strcmp(mode, "stream") == 0 && stream == NULL) {
		check_warning(check, conf_child(log, "mode"), "traffic logs go nowhere: there is no stream");
	}
	for (; stream != NULL; stream = conf_next(stream)) {
		check_stream(check, stream);
	}
}
