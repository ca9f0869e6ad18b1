/*
 * Fuzz target: captures as files, up to the frames that replay takes out of them.
 */
#include <stdio.h>
#include <stdlib.h>

#include "flow.h"
#include "replay_input.h"
#include "target.h"

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
	char error[512];
	struct input_frame frame;
	struct capture *capture;
	FILE *stream;

	if (length == 0) {
		return 0;
	}
	stream = tmpfile();
	if (stream == NULL || fwrite(bytes, 1, length, stream) != length) {
		abort();
	}
	rewind(stream);
	capture = capture_open(stream, error, sizeof(error));
	if (capture == NULL) {
		return 0;
	}
	while (capture_next(capture, &frame) == CAPTURE_FRAME) {
		const struct flow flow = flow_of_frame(frame.bytes, frame.length);
		struct text text = TEXT_EMPTY;

		flow_append_endpoint(&text, flow.source, flow.ports, flow.source_port);
		text_release(&text);
	}
	capture_close(capture);
	return 0;
}
