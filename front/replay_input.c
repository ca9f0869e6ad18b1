/*
 * Merged captures, read with libpcap: classic and pcapng, stamps of ns or us. See replay_input.h.
 */
#include <assert.h>
#include <errno.h>
#include <pcap/pcap.h>
#include <stdlib.h>
#include <string.h>

#include "replay_input.h"

#define NANOSECONDS 1000000000LL
/* 2200-01-01: later stamps are damage, and would not fit the clocks behind. */
#define LAST_SECOND 7258118400LL
/* libpcap takes the seconds of classic captures for signed; they are unsigned and reach until 2106. */
#define UNSIGNED_SECONDS 4294967296LL

enum {
	ERROR_SIZE = 512,
};

struct capture {
	pcap_t *pcap;
	uint64_t frames;
	uint64_t cut; /* frames that the capture holds in part */
	uint64_t back; /* frames stamped before one that is in front of them */
	uint64_t last; /* the latest stamp so far */
	char error[ERROR_SIZE];
};

struct input {
	struct capture *capture;
	const char *path;
	struct input_frame frame; /* the next one, when `filled` */
	bool filled;
	bool ended;
};

struct inputs {
	uint32_t count;
	uint32_t taken; /* whose frame is out and has to be read anew; `count`: none */
	uint32_t broken;
	struct input items[];
};

static bool
speaks_ethernet(pcap_t *pcap, char *error, size_t error_size)
{
	const int type = pcap_datalink(pcap);
	const char *name = pcap_datalink_val_to_name(type);

	if (type == DLT_EN10MB) {
		return true;
	}
	snprintf(error, error_size, "its link type is %s (%d), only Ethernet is replayed", name == NULL ? "unknown" : name,
	    type);
	return false;
}

/* A capture that was packed is no fault of its maker: says by what, NULL when it is not. => the stream's place is lost */
static const char *
packed_by(FILE *stream)
{
	static const struct {
		const char *program;
		const char *begins;
	} packers[] = {
	    {"gzip", "\x1f\x8b"},
	    {"bzip2", "BZh"},
	    {"xz", "\xfd\x37zXZ"},
	    {"zstd", "\x28\xb5\x2f\xfd"},
	};
	char head[8] = "";

	if (fseek(stream, 0, SEEK_SET) != 0 || fread(head, 1, sizeof(head), stream) == 0) {
		return NULL;
	}
	for (size_t i = 0; i < sizeof(packers) / sizeof(packers[0]); i++) {
		if (memcmp(head, packers[i].begins, strlen(packers[i].begins)) == 0) {
			return packers[i].program;
		}
	}
	return NULL;
}

struct capture *
capture_open(FILE *stream, char *error, size_t error_size)
{
	char buffer[PCAP_ERRBUF_SIZE] = "";
	struct capture *capture = calloc(1, sizeof(*capture));

	if (capture == NULL) {
		fclose(stream);
		snprintf(error, error_size, "out of memory");
		return NULL;
	}
	capture->pcap = pcap_fopen_offline_with_tstamp_precision(stream, PCAP_TSTAMP_PRECISION_NANO, buffer);
	if (capture->pcap == NULL) {
		const char *packer = packed_by(stream);

		if (packer != NULL) {
			snprintf(error, error_size, "packed by %s: unpack it first", packer);
		} else {
			snprintf(error, error_size, "not a capture that can be read: %s", buffer);
		}
		fclose(stream);
		free(capture);
		return NULL;
	}
	if (!speaks_ethernet(capture->pcap, error, error_size)) {
		capture_close(capture);
		return NULL;
	}
	return capture;
}

void
capture_close(struct capture *capture)
{
	pcap_close(capture->pcap); /* closes the stream */
	free(capture);
}

const char *
capture_error(const struct capture *capture)
{
	return capture->error;
}

uint64_t
capture_frames(const struct capture *capture)
{
	return capture->frames;
}

enum capture_state
capture_next(struct capture *capture, struct input_frame *frame)
{
	struct pcap_pkthdr *header = NULL;
	const u_char *bytes = NULL;
	const int result = pcap_next_ex(capture->pcap, &header, &bytes);
	long long seconds;

	if (result == PCAP_ERROR_BREAK) {
		return CAPTURE_END;
	}
	if (result != 1) {
		snprintf(capture->error, sizeof(capture->error), "%s", pcap_geterr(capture->pcap));
		return CAPTURE_BROKEN;
	}
	seconds = header->ts.tv_sec;
	if (seconds < 0) {
		seconds += UNSIGNED_SECONDS;
	}
	if (seconds < 0 || seconds > LAST_SECOND || header->ts.tv_usec < 0 || header->ts.tv_usec >= NANOSECONDS) {
		snprintf(capture->error, sizeof(capture->error), "the time stamp %lld.%09lld is no time", seconds,
		    (long long)header->ts.tv_usec);
		return CAPTURE_BROKEN;
	}
	capture->frames++;
	*frame = (struct input_frame){
	    .stamp = (uint64_t)(seconds * NANOSECONDS + header->ts.tv_usec),
	    .bytes = bytes,
	    .length = header->caplen,
	    .input = 0,
	};
	capture->cut += header->caplen < header->len;
	capture->back += frame->stamp < capture->last;
	capture->last = frame->stamp > capture->last ? frame->stamp : capture->last;
	return CAPTURE_FRAME;
}

/* What is no error, but explains verdicts that would surprise. */
static void
tell_oddities(const struct input *input)
{
	const struct capture *capture = input->capture;

	if (capture->cut > 0) {
		fprintf(stderr, "sallyport replay: warning: %s: %llu of %llu frames were captured in part only (snap length) and are judged as they "
		    "stand, as malformed packets\n", input->path, (unsigned long long)capture->cut, (unsigned long long)capture->frames);
	}
	if (capture->back > 0) {
		fprintf(stderr, "sallyport replay: warning: %s: %llu of %llu frames have a time stamp before that of an earlier frame, "
		    "whose time they are taken for\n", input->path, (unsigned long long)capture->back, (unsigned long long)capture->frames);
	}
}

static void
refill(struct inputs *inputs, uint32_t index)
{
	struct input *input = &inputs->items[index];
	const enum capture_state state = capture_next(input->capture, &input->frame);

	input->filled = state == CAPTURE_FRAME;
	input->ended = !input->filled;
	input->frame.input = index;
	if (input->ended) {
		tell_oddities(input);
	}
	if (state == CAPTURE_BROKEN) {
		inputs->broken++;
		fprintf(stderr, "sallyport replay: %s: broken after frame %llu: %s; the frames before count\n", input->path,
		    (unsigned long long)capture_frames(input->capture), capture_error(input->capture));
	}
}

struct inputs *
inputs_open(const struct input_name *names, uint32_t count)
{
	struct inputs *inputs = calloc(1, sizeof(*inputs) + count * sizeof(inputs->items[0]));
	char error[ERROR_SIZE] = "out of memory";

	if (inputs == NULL) {
		fputs("sallyport replay: out of memory\n", stderr);
		return NULL;
	}
	for (uint32_t i = 0; i < count; i++) {
		struct input *input = &inputs->items[i];
		FILE *stream = fopen(names[i].path, "rbe");

		input->path = names[i].path;
		if (stream == NULL) {
			snprintf(error, sizeof(error), "%s", strerror(errno));
		} else {
			input->capture = capture_open(stream, error, sizeof(error));
		}
		if (input->capture == NULL) {
			fprintf(stderr, "sallyport replay: %s: %s\n", names[i].path, error);
			inputs_close(inputs);
			return NULL;
		}
		inputs->count++;
	}
	for (uint32_t i = 0; i < count; i++) {
		refill(inputs, i);
	}
	inputs->taken = count;
	return inputs;
}

void
inputs_close(struct inputs *inputs)
{
	for (uint32_t i = 0; i < inputs->count; i++) {
		capture_close(inputs->items[i].capture);
	}
	free(inputs);
}

bool
inputs_next(struct inputs *inputs, struct input_frame *frame)
{
	const struct input *first = NULL;

	if (inputs->taken < inputs->count) {
		refill(inputs, inputs->taken);
		inputs->taken = inputs->count;
	}
	for (uint32_t i = 0; i < inputs->count; i++) {
		const struct input *input = &inputs->items[i];

		if (input->filled && (first == NULL || input->frame.stamp < first->frame.stamp)) {
			first = input;
		}
	}
	if (first == NULL) {
		return false;
	}
	*frame = first->frame;
	inputs->taken = frame->input;
	return true;
}

uint32_t
inputs_broken(const struct inputs *inputs)
{
	return inputs->broken;
}
