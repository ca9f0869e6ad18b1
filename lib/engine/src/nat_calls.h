/*
 * What the packet path and the session's life call of address translation, and what its files call of each other. Part of
 * engine_private.h, which includes it where its types are known.
 */
#ifndef ENGINE_NAT_CALLS_H
#define ENGINE_NAT_CALLS_H

/* nat_static.c: IPv4 only, and never what our own host sends or gets. The mapping of a public address on a unit, or of a host that
 * leaves by a unit, and what becomes of its port; NULL: none. */
struct nat_host {
	uint32_t address;
	uint32_t remote; /* whom it sends to */
	uint16_t port;
	uint16_t remote_port;
	uint16_t unit;
	uint16_t instance;
	uint8_t protocol;
};
const struct snapshot_nat_static *nat_static_public(
    const struct snapshot_nat *nat, uint16_t unit, const struct flow_fields *fields);
const struct snapshot_nat_static *nat_static_host(
    const struct snapshot_nat *nat, const struct nat_host *host, uint16_t *port);
/* What the mapping makes of a public port. */
uint16_t nat_static_port(const struct snapshot_nat_static *row, uint16_t port);
/* Does the policy translate destinations? */
bool nat_policy_destination(const struct snapshot *snapshot, uint32_t policy,
    const struct snapshot_nat_destination **destination);
/* What a public destination becomes; false: it has no counterpart. */
bool nat_destination_of(const struct snapshot_nat_destination *destination, uint32_t base,
    uint32_t public, uint32_t *private);
/* What the policy does with sources, or NULL. */
const struct snapshot_nat_source *nat_policy_source(
    const struct snapshot *snapshot, uint32_t policy);
uint16_t nat_pool_on(
    const struct snapshot *snapshot, const struct snapshot_nat_source *source, uint16_t unit);
/* IPv6 goes untranslated, but not to a destination that the policy wants another for: true when it is refused. */
bool nat_refuses6(struct engine *engine, struct item *item, struct admission *admission);
/* Nothing is translated yet. */
void nat_begin(const struct item *item, const struct admission *admission);
/* Before the policies are asked: if it leaves translated as the last one did that left by its unit, the session's keys are
 * known, and their places are fetched. A guess, which nothing but time depends on. */
void nat_foresee(struct engine *engine, const struct item *item, struct admission *admission);
/* After the policy: the destination and, if it changes, the way (that to admission->public was found already). False: the
 * packet is finished. */
bool nat_destination(struct engine *engine, struct item *item, struct admission *admission);
/* Last: the source, and the keys. What it takes of a pool admit_create() gives back if there is no session. */
bool nat_source(struct engine *engine, struct item *item, struct admission *admission);
/* What comes back would be another session's: another port. */
bool nat_again(struct engine *engine, struct item *item, struct admission *admission);
/* nat_rules.c: before the route. => zeroed, without rule; not from our own host */
void nat_public_find(const struct engine *engine, const struct item *item, struct nat_public *public);
/* What the rules do with the source, once way and destination are known; NULL: no rule. Sets nat.rule. */
const struct snapshot_nat_source *nat_rules_source(
    const struct engine *engine, const struct item *item, struct admission *admission);
/* Whose a host's packet would be now: the rule's identity, or SNAPSHOT_NAT_NONE. */
uint16_t nat_rules_again(const struct engine *engine, uint32_t host, const struct nat_meeting *meeting);
void nat_rules_count(struct engine *engine, const struct admission *admission, bool translated);
/* A session of rules begins, or one ends that may be of some. */
void nat_rules_start(struct engine *engine, const struct session *session, const struct admission *admission);
void nat_rules_end(struct engine *engine, const struct session *session);
/* => SESSION_NAT_RULE_DESTINATION */
bool nat_rules_destination_stands(const struct engine *engine, const struct session *session);
uint16_t nat_rules_instance(const struct engine *engine, const struct session *session);
/* nat_persistent.c: is what the rule gives to the packet kept for its host? */
bool nat_persistent_fits(const struct engine *engine, const struct item *item,
    const struct snapshot_nat_source *source, uint16_t pool);
/* As nat_pool_take(), by the host's mapping. => nat->persistent, and it fits */
enum reason nat_persistent_take(
    struct engine *engine, const struct item *item, const struct admission *admission, uint16_t pool);
/* There is no session. => nat->mapping */
void nat_persistent_give_up(struct engine *engine, struct translation *nat);
/* Is the destination what a host is translated to? */
void nat_persistent_find(
    const struct engine *engine, const struct flow_fields *fields, struct nat_public *public);
/* One that does not count any more goes. => public->lapsed */
void nat_persistent_remove(struct engine *engine, struct nat_public *public);
/* After a change. */
void nat_persistent_apply(struct engine *engine);
/* Does a rule with persistent-nat translate to the address? */
bool nat_persistent_covers(const struct engine *engine, uint32_t address);
/* Has the mapping all the sessions that it may have? => public->persistent */
bool nat_persistent_full(const struct engine *engine, const struct nat_public *public);
/* => SESSION_NAT_PERSISTENT, as of the next three */
void nat_persistent_start(
    struct engine *engine, const struct session *session, const struct admission *admission);
void nat_persistent_end(struct engine *engine, const struct session *session);
/* May the session's destination still be reached? */
bool nat_persistent_stands(const struct engine *engine, const struct session *session);
/* Where the host of its destination is; false: the destination is no mapping's. */
bool nat_persistent_instance(
    const struct engine *engine, const struct session *session, uint16_t *instance);
/* Ends mappings whose time is over; true when more are due. */
bool nat_persistent_advance(struct engine *engine);
/* nat_pool_ports.c: a new configuration; ports that have rested: true when more are due. */
void nat_pools_apply(struct engine *engine, const struct snapshot *former);
bool nat_pools_advance(struct engine *engine);
/* The pool's address at a place. => place < pool->size */
uint32_t nat_pool_address(const struct snapshot_nat_pool *pool, uint32_t place);
/* A free port of one address; one that rests, when none is; one of any address. */
bool nat_pool_port(struct engine *engine, const struct snapshot_nat_pool *pool, uint32_t address,
    enum nat_class class, struct translation *nat);
bool nat_pool_port_resting(struct engine *engine, const struct snapshot_nat_pool *pool,
    uint32_t address, enum nat_class class, struct translation *nat);
enum reason nat_pool_port_any(struct engine *engine, uint16_t number,
    const struct snapshot_nat_pool *pool, enum nat_class class, struct translation *nat);
/* The port that is likely to be the pool's next, in nat->instance; false: it cannot be said. */
bool nat_pool_port_foresee(struct engine *engine, uint16_t number, const struct snapshot_nat_pool *pool,
    enum nat_class class, struct translation *nat);
/* Gives back what was drawn just now, if it is a port. */
void nat_pool_port_give(struct engine *engine, enum nat_class class, struct translation *nat);
/* Gives a port back: its address has something again. => SESSION_NAT_PORT */
void nat_pool_port_release(struct engine *engine, const struct nat_holding *holding, bool rest);
/* nat_pool.c: takes of a pool for the packet's source, in nat->instance. */
enum reason nat_pool_take(
    struct engine *engine, const struct item *item, uint16_t pool, struct translation *nat);
/* What that is likely to be. False: it cannot be said. */
bool nat_pool_foresee(struct engine *engine, const struct item *item, uint16_t number, struct translation *nat);
/* Counts a session that has something of nat->pool, or one that was refused. */
void nat_pool_count(struct engine *engine, uint16_t pool);
void nat_pool_count_failure(struct engine *engine, uint16_t pool);
/* Gives back what was taken and not counted; `rest`: somebody may still send to the port. */
void nat_pool_release(struct engine *engine, const struct nat_holding *holding, bool rest);
void nat_pool_give_back(struct engine *engine, const struct item *item, struct translation *nat);
/* There is no session: gives it back. */
void nat_pool_give_up(struct engine *engine, const struct item *item, struct translation *nat);
/* The same for a session that ends. */
void nat_session_ended(struct engine *engine, const struct session *session);
/* The address's place in a pool; false: it is not there. */
bool nat_pool_place(const struct snapshot_nat_pool *pool, uint32_t address, uint32_t *place);
/* nat_rewrite.c: what turns packets of a key into the reverse of the key of their answers. */
struct flow_rewrite nat_rewrite_between(struct flow_key from, struct flow_key reply);
/* The other direction's, out of the flow's key and rewrite. */
struct flow_rewrite nat_rewrite_reverse(const struct flow *flow);
/* An ICMP error about a packet of the other direction, with what it quotes (REQ-NAT-039). */
void nat_rewrite_related(
    const struct item *item, const struct session *session, unsigned direction);
/* Makes a packet again what its sender sent, for an error about it; false: nobody knows what that was. => data is at the
 * IPv4 header */
bool nat_restore(const struct engine *engine, struct packet *packet);
/* nat_session.c */
void nat_session_start(
    struct engine *engine, struct session *session, const struct admission *admission);
/* Does what the session is translated to still stand? => SESSION_NAT, or it has something of a pool */
bool nat_stands(const struct engine *engine, const struct session *session);
/* Where the way forth is looked up, and which to-zone judged the session. */
uint16_t nat_forth_instance(const struct engine *engine, const struct session *session);
uint16_t nat_judged_zone(const struct engine *engine, const struct session *session);
/* nat_announce.c: does the unit answer ARP for a translated address? */
bool nat_answers(const struct engine *engine, uint16_t unit, uint32_t address);
/* Lists what the configuration in force has more than the former one, or all of a unit. */
void nat_announce_apply(struct engine *engine, const struct snapshot *former);
void nat_announce_unit(struct engine *engine, uint16_t unit);
/* Announces some of it; true when more is due. */
bool nat_announce_advance(struct engine *engine);

#endif
