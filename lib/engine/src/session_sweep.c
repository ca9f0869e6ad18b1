/*
 * Sessions that the configuration in force does not carry any more: whose client's or server's interface went away, whose
 * translation is not what it was, or which under policy-rematch no policy permits. A session's next packet finds that out by
 * itself (session_resolve()); this walk does it for the silent ones, so that what is shown after a commit is what there is, and
 * addresses, ports and places of sessions are free again.
 *
 * Each commit has one round looked at, from where the walk stands: commits in a row do not leave the last sessions out. Each step
 * looks at a bounded number; what a session would have to hear
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
	engine->sweep_left = engine->snapshot != NULL ? engine->table.fresh : 0;
}

bool
session_sweep_advance(struct engine *engine)
{
	struct session_table *table = &engine->table;
	uint32_t index = engine->sweep_next;
	const uint32_t count = engine->sweep_left < SWEEP_MOST ? engine->sweep_left : SWEEP_MOST;

	for (uint32_t i = 0; i < count; i++, index++) {
		index = index < table->fresh ? index : 0;
		struct session *session = &table->sessions[index];
		enum reason why = REASON_NONE;

		if (index + FETCH_AHEAD < table->fresh) {
			__builtin_prefetch(&table->sessions[index + FETCH_AHEAD].common);
			__builtin_prefetch(&table->sessions[index + FETCH_AHEAD].forth);
		}
		if (session->common.number != 0 && session->forth.generation < engine->snapshot_generation &&
		    !session_stands(engine, session, &why)) {
			session_end(engine, session, why);
		}
	}
	engine->sweep_next = index;
	engine->sweep_left -= count;
	return engine->sweep_left != 0;
}
