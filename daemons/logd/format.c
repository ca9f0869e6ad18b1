/*
 * Rendering of records: RFC 5424 sections 6.2 (header), 6.3 (structured data) and 6.4 (message).
 */
#include "format.h"

#include <string.h>
#include <time.h>

/* 2636 is the enterprise number of the vendor whose parsers shall understand us; .129 its virtual model. */
static const char structured_data_id[] = "junos@2636.1.1.1.2.129";

static void
append_printable(struct text *out, const char *string)
{
	for (; *string != '\0'; string++) {
		unsigned char c = (unsigned char)*string;

		text_append_char(out, c < 0x20 || c == 0x7f ? '?' : (char)c);
	}
}

/* A header field: printable ASCII without blanks, cut at its greatest length; "-" when there is nothing. */
static void
append_field(struct text *out, const char *string, size_t most)
{
	size_t length = 0;

	if (string == NULL || *string == '\0') {
		text_append_char(out, '-');
		return;
	}
	for (; *string != '\0' && length < most; string++, length++) {
		unsigned char c = (unsigned char)*string;

		text_append_char(out, c <= 0x20 || c >= 0x7f ? '?' : (char)c);
	}
}

/* Most values need no care and are appended whole. */
static void
append_value(struct text *out, const char *string)
{
	size_t plain = 0;

	for (;; string += plain, plain = 0) {
		while ((unsigned char)string[plain] >= 0x20 && strchr("\"\\]\x7f", string[plain]) == NULL) {
			plain++;
		}
		text_append_bytes(out, string, plain);
		if (string[plain] == '\0') {
			return;
		}
		const unsigned char c = (unsigned char)string[plain++];

		if (c == '"' || c == '\\' || c == ']') {
			text_append_char(out, '\\');
		}
		text_append_char(out, c < 0x20 || c == 0x7f ? '?' : (char)c);
	}
}

/* A name in structured data: printable ASCII but = ] " and blank. */
static void
append_name(struct text *out, const char *string)
{
	for (size_t length = 0; *string != '\0' && length < 32; string++, length++) {
		unsigned char c = (unsigned char)*string;

		text_append_char(out, c <= 0x20 || c >= 0x7f || strchr("=]\"", c) != NULL ? '?' : (char)c);
	}
}

void
format_body(const struct ipc_log_record *record, struct text *out)
{
	append_printable(out, record->tag);
	if (record->text[0] != '\0') {
		text_append(out, record->tag[0] == '\0' ? "" : ": ");
		append_printable(out, record->text);
	}
}

static void
split_wall(int64_t wall, time_t *seconds, long *microseconds)
{
	*seconds = (time_t)(wall / 1000000);
	*microseconds = (long)(wall % 1000000);
	if (*microseconds < 0) {
		*microseconds += 1000000;
		*seconds -= 1;
	}
}

void
format_plain(const struct ipc_log_record *record, const char *host_name, struct text *out)
{
	static const char months[12][4] = {
	    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
	time_t seconds;
	long microseconds;
	struct tm local;

	split_wall(record->wall, &seconds, &microseconds);
	if (localtime_r(&seconds, &local) == NULL) {
		local = (struct tm){.tm_mday = 1};
	}
	text_printf(out, "%s %2d %02d:%02d:%02d  %s ", months[local.tm_mon], local.tm_mday, local.tm_hour, local.tm_min,
	    local.tm_sec, host_name);
	append_field(out, record->program, 48);
	if (record->process != 0) {
		text_printf(out, "[%u]", record->process);
	}
	text_append(out, ": ");
	format_body(record, out);
	text_append_char(out, '\n');
}

void
format_rfc5424(const struct ipc_log_record *record, const char *host_name, bool structured, struct text *out)
{
	time_t seconds;
	long microseconds;
	struct tm utc;

	split_wall(record->wall, &seconds, &microseconds);
	if (gmtime_r(&seconds, &utc) == NULL) {
		utc = (struct tm){.tm_mday = 1};
	}
	text_printf(out, "<%d>1 %04d-%02d-%02dT%02d:%02d:%02d.%03ldZ ", record->facility * 8 + record->severity,
	    utc.tm_year + 1900, utc.tm_mon + 1, utc.tm_mday, utc.tm_hour, utc.tm_min, utc.tm_sec, microseconds / 1000);
	append_field(out, host_name, 255);
	text_append_char(out, ' ');
	append_field(out, record->program, 48);
	if (record->process != 0) {
		text_printf(out, " %u ", record->process);
	} else {
		text_append(out, " - ");
	}
	append_field(out, record->tag, 32);
	text_append_char(out, ' ');
	if (structured && record->pairs.count > 0) {
		text_printf(out, "[%s", structured_data_id);
		for (size_t i = 0; i < record->pairs.count; i++) {
			text_append_char(out, ' ');
			append_name(out, record->pairs.items[i].name);
			text_append(out, "=\"");
			append_value(out, record->pairs.items[i].value);
			text_append_char(out, '"');
		}
		text_append_char(out, ']');
	} else {
		text_append_char(out, '-');
	}
	if (record->text[0] != '\0') {
		text_append_char(out, ' ');
		append_printable(out, record->text);
	}
}
