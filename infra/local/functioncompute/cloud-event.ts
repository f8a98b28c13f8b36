import type { Account } from '../kernel/account.ts';
import type { QueuedMessage } from './queue-source.ts';

/** Where a message's event comes from and goes to. */
export interface EventRoute {
  readonly account: Pick<Account, 'id' | 'region'>;
  readonly functionName: string;
  readonly triggerName: string;
  readonly queue: string;
  /** Whether bodies are taken for base64; one that is none is left as it is. */
  readonly decode: boolean;
}

export interface EventStamp {
  readonly id: string;
  readonly requestId: string;
  /** ms */
  readonly now: number;
}

/** Source: Function Compute, "SMQ queue triggers", for the fields and their form. */
export function cloudEvent(route: EventRoute, message: QueuedMessage, stamp: EventStamp) {
  const { account, functionName, triggerName, queue, decode } = route;
  return {
    id: stamp.id,
    source: `MNS-${functionName}-${triggerName}`,
    specversion: '1.0',
    type: 'mns:Queue:SendMessage',
    datacontenttype: 'application/json; charset=utf-8',
    subject: `acs:mns:${account.region}:${account.id}:queues/${queue}`,
    time: new Date(message.enqueuedAt).toISOString(),
    aliyunaccountid: account.id,
    aliyunpublishtime: new Date(stamp.now).toISOString(),
    aliyunoriginalaccountid: account.id,
    aliyuneventbusname: `MNS-${functionName}-${triggerName}`,
    aliyunregionid: account.region,
    aliyunpublishaddr: '127.0.0.1',
    data: {
      requestId: stamp.requestId,
      messageId: message.id,
      messageBody: decode ? decoded(message.body) : message.body,
    },
  };
}

export type CloudEvent = ReturnType<typeof cloudEvent>;

function decoded(body: string): string {
  const bytes = Buffer.from(body, 'base64');
  return bytes.length > 0 && bytes.toString('base64') === body ? bytes.toString() : body;
}
