/*
 * What the codes of flow mean, for `zarish explain`.
 */
#include "flow/codes.h"

/* clang-format off */
const struct err_code flow_codes[] = {
    { "FLOW-001", "The engine could not get memory for one of its own parts.",
      "Give the process more memory; look at what else runs on the machine." },
    { "FLOW-002", "A message needed more memory than one message may have.",
      "Raise the source's limit if such messages are wanted; the sender was told to try again." },
    { "FLOW-003", "The sender waits for delivery (ack: delivered) and it took longer than ackTimeout.",
      "Nothing: the message is kept and queued. Raise ackTimeout if destinations are slow." },
    { "FLOW-004", "A delivery that the sender waited for was given up.",
      "Look at the message's trace; the destination stayed away longer than maxAge." },
    { "FLOW-005", "The message does not follow the format its channel takes.",
      "Send the format of the channel, or set the channel's `format`." },
    { "FLOW-006", "The engine was stopped, or the channel was changed, before this delivery was sent.",
      "Nothing: it is sent after the next start, or by the changed channel." },
    { "FLOW-010", "There is no channel of this name, or it is not enabled.",
      "`zarish get channels` lists them." },
    { "FLOW-011", "The channel is not in a state in which this can be done.",
      "Look at its state with `zarish get channels`; a failed channel says why in the log." },
    { "FLOW-012", "The configuration cannot be changed: the engine is stopping.",
      "Change it again after the next start." },
    { "FLOW-020", "More calls wait for an endpoint, or for all of them, than may.",
      "Call again later; look whether the endpoint is slow or its rateLimit is low." },
    { "FLOW-021", "The integration is paused: nothing is sent through it.",
      "Resume it with `zarish resume`; messages of its channels wait meanwhile." },
    { "FLOW-022", "The engine stopped before the call was sent.",
      "Call again after the start; nothing was sent." },
    { "FLOW-023", "A token is needed and nothing here can fetch one.",
      "Nothing: this happens only in programs that use the engine without a network." },
    { "FLOW-024", "A request was given up on our side before it was sent.",
      "Nothing: it is sent again where it is kept." },
    { "FLOW-025", "A call waited for its turn as long as it may take altogether.",
      "Raise the endpoint's rateLimit or the call's timeout, or call less often." },
    { "FLOW-026", "What is to be sent does not fit the endpoint.",
      "Send a text, or give the endpoint a dataMapping that makes one." },
    { "FLOW-027", "A call needed more memory than one call may have.",
      "Send less at once." },
};
/* clang-format on */

const size_t flow_n_codes = ZS_COUNT(flow_codes);
