/*
 * Sessions that the configuration in force does not carry any more: whose client's or server's interface went away, whose
 * translation is not what it was, or which under policy-rematch no policy permits. A session's next packet finds that out by
 * itself (session_resolve()); this walk does it for the silent ones, so that what is shown after a commit is what there is, and
 * addresses, ports and places of sessions are free again.
 *
 * A commit starts the walk anew, from the first session. Each step looks at a bounded number; what a session would have to hear
 * of a route or a neighbour that is only down is left to its packets.
 * Threads: the engine's worker.
 */
#include "engine_private.h"

enum {
	SWEEP_MOST = 64, /* sessions that one call looks at: some 30 microseconds, twice as much when all of them end */
	FETCH_AHEAD = 4,
};

void
session_sweep_begin(struct engine *engine)
{
	engine->sweep = engine->snapshot != NULL && engine->table.fresh != 0;
}

bool
session_sweep_advance(struct engine *engine)
{
	struct session_table *table = &engine->table;

	if (engine->sweep == 0) {
		return false;
	}
	uint32_t index = engine->sweep - 1;
	const uint32_t end = index + SWEEP_MOST < table->fresh ? index + SWEEP_MOST : table->fresh;

	for (; index < end; index++) {
		struct session *session = &table->sessions[index];
		enum reason why = REASON_NONE;

		if (index + FETCH_AHEAD < end) {
			__builtin_prefetch(&table->sessions[index + FETCH_AHEAD].common);
			__builtin_prefetch(&table->sessions[index + FETCH_AHEAD].forth);
		}
		if (session->common.number != 0 && session->forth.generation < engine->snapshot_generation &&
		    !session_stands(engine, session, &why)) {
			session_end(engine, session, why);
		}
	}
	engine->sweep = index < table->fresh ? index + 1 : 0;
	return engine->sweep != 0;
}
