/*
 * A packet script: configuration, packets in, and what has to come of them. One line, one step:
 *
 *   option sessions N | policies N | arp real | seed N | tailroom N     before anything else
 *   option once                                            SYNs with ACK that leave by themselves, as time goes by, may do so
 *   config set|delete|insert|activate|deactivate ...       changes the candidate; the next step in time commits it
 *   refused set ...                                        a statement that must not load
 *   config-file PATH                                       loads a file, as the script sees it
 *   commit [warns TEXT]                                    at once; TEXT must be in a warning, of the commit or of loading
 *   commit refused TEXT                                    must fail with TEXT; the candidate goes back
 *   wall 2007-10-03T10:00:00                               UTC now
 *   up UNIT, down UNIT                                     link state
 *   at T [in PORT [vlan N] FRAME | host INSTANCE FRAME] [expect CLAUSE [+ CLAUSE]...]
 *   + CLAUSE ...                                           more of what the step before has to show
 *   open T in PORT out PORT A:p > B:q                      a TCP handshake: client's first number 1000, server's 5000
 *   sessions N                                             in the table now
 *   counter REASON N                                       since the start
 *   policy FROM TO NAME [hits N] [packets N] [bytes N]
 *   interface UNIT [in-packets N] [in-bytes N] [out-packets N] [out-bytes N]
 *   screen zone|interface NAME SCREEN N                     how often it detected something there
 *   lookup INSTANCE ADDRESS is none|local UNIT|direct UNIT|gateway ADDRESS UNIT|discard|reject
 *   repeat N LINE                                          LINE with %d for 0..N-1
 *
 * T is seconds since the start, or +SECONDS after the step before. PORT is ge-0/0/1 (untagged, or "vlan N") or a unit,
 * ge-0/0/1.2, whose tag is then the configured one. Frames are frame.h's words. Clauses:
 *
 *   forward|drop|reject|host|proxy|consume [REASON]        the verdict
 *   out PORT [vlan N] FRAME                                the next thing that left (as the first clause: verdict forward)
 *   local INSTANCE FRAME                                   the next packet that was delivered to the host
 *   policy NAME|none, zones FROM TO, session N|none        of the verdict
 *   event KIND [reason R] [policy P] [application A] [source E] [destination E] [nat-source E] [nat-destination E] [packets N N] [bytes N N] [duration N] [logged 0|1] [action A] [in UNIT]
 *   no-event KIND
 *   any                                                    whatever left
 * What left and was not claimed fails the script.
 *
 * $NAME is a value that the script cannot know: "out ge-0/0/3 tcp 11.12.1.2:$p > ..." takes it from the packet that left (an
 * address, a port, or after "ident" an identifier), and from there on, in that line too, $p is that value.
 */
#ifndef PACKET_SCRIPT_H
#define PACKET_SCRIPT_H

#include <stdbool.h>
#include <stdint.h>

#include "frame.h"
#include "gateway.h"
#include "words.h"

enum {
	OUTPUTS_MAX = 256,
	EVENTS_MAX = 1024,
	VARIABLES_MAX = 256,
	VARIABLE_SIZE = 32,
};

struct variable {
	char name[VARIABLE_SIZE];
	char value[VARIABLE_SIZE];
};

struct left_packet {
	uint8_t verb; /* ENGINE_SEND or ENGINE_HOST */
	uint16_t port; /* or the instance */
	uint32_t length;
	uint8_t bytes[FRAME_SIZE];
};

struct script {
	const char *path;
	uint32_t line;
	uint32_t failures;
	const char *text; /* the line that runs */
	struct words words;
	struct gateway_options options;
	struct schema *schema;
	struct conf_tree *candidate;
	struct conf_tree *committed;
	bool dirty;
	bool once;    /* see "option once" */
	bool waiting; /* time goes by */
	struct text notes; /* warnings of loading since the last commit */
	struct gateway *gateway;
	bool has_result;
	struct packet_result result;
	struct frame_words frame; /* of the packet that is built or read */
	uint32_t output_count;
	uint32_t output_next; /* the first one not claimed */
	uint32_t event_count;
	struct event events[EVENTS_MAX];
	struct left_packet *outputs; /* OUTPUTS_MAX of them */
	uint32_t variable_count;
	struct variable variables[VARIABLES_MAX];
	char words_bound[WORDS_MAX][VARIABLE_SIZE * 2]; /* words that a variable stood in */
};

/* Counts a failure and prints it with its place. */
void script_fail(struct script *script, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* PORT [vlan N] of the words. False with a failure. */
bool script_port(struct script *script, uint16_t *port, uint16_t *tag);
/* The instance of a name ("inet.0" or "default" for the default one), or SNAPSHOT_NONE with a failure. */
uint16_t script_instance(struct script *script, const char *name);
/* The clauses from the words on, up to the end of the line. `first`: the first one after "expect". */
void script_expect(struct script *script, bool first);
/* Writes a line with what is known for its variables. */
void variables_expand(struct script *script, const char *line, struct text *expanded);
/* Takes those of the next clause from the next packet that left, and puts them into the words that follow. */
void variables_bind(struct script *script);
/* sessions, counter, policy, interface, screen, lookup. False: the word is none of these. */
bool script_check(struct script *script, const char *word);

#endif
