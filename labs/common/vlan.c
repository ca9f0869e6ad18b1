/*
 * A VLAN for a host's own Ethernet port, as a pair of tc programs: hosts that share a gateway port hang on a plain bridge,
 * and each of them tags what it sends and takes only what carries its tag. It stands in for `ip link ... type vlan`, which
 * the kernels of small machines may lack.
 *
 * Compiled by the lab for each tag: clang -O2 -target bpf -DVLAN=299 -c vlan.c
 * Attached by the lab to the host's end: "push" on egress, "pop" on ingress.
 */
#include <linux/bpf.h>
#include <linux/pkt_cls.h>

#define ETHERTYPE_VLAN_NETWORK_ORDER 0x0081
#define VLAN_IDENTIFIER 0x0fff

static long (*skb_vlan_push)(struct __sk_buff *frame, __u16 protocol, __u16 tag) = (void *)BPF_FUNC_skb_vlan_push;
static long (*skb_vlan_pop)(struct __sk_buff *frame) = (void *)BPF_FUNC_skb_vlan_pop;

/* Every frame leaves with the tag. */
__attribute__((section("push"), used)) int
vlan_tag_push(struct __sk_buff *frame)
{
	return skb_vlan_push(frame, ETHERTYPE_VLAN_NETWORK_ORDER, VLAN) == 0 ? TC_ACT_OK : TC_ACT_SHOT;
}

/* Frames without a tag and those of other VLANs on the same wire end here. */
__attribute__((section("pop"), used)) int
vlan_tag_pop(struct __sk_buff *frame)
{
	if (!frame->vlan_present || (frame->vlan_tci & VLAN_IDENTIFIER) != VLAN) {
		return TC_ACT_SHOT;
	}
	return skb_vlan_pop(frame) == 0 ? TC_ACT_OK : TC_ACT_SHOT;
}

char vlan_license[] __attribute__((section("license"), used)) = "Dual BSD/GPL";
