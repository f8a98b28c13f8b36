import type { Request } from '../kernel/http.ts';
import { rootName } from './xml.ts';

/** The operations of the queue service, as its API reference names them. */
export type Operation =
  | 'CreateQueue'
  | 'SetQueueAttributes'
  | 'GetQueueAttributes'
  | 'DeleteQueue'
  | 'ListQueue'
  | 'SendMessage'
  | 'BatchSendMessage'
  | 'ReceiveMessage'
  | 'BatchReceiveMessage'
  | 'PeekMessage'
  | 'BatchPeekMessage'
  | 'DeleteMessage'
  | 'BatchDeleteMessage'
  | 'ChangeMessageVisibility';

export interface Route {
  /** `Unknown` where the URL and the method are nobody's; topics are not emulated. */
  readonly operation: Operation | 'Unknown';
  readonly queue: string;
}

const NOWHERE: Route = { operation: 'Unknown', queue: '' };

/**
 * The query's parameters by lower-case name: the vendor's own SDKs write `ReceiptHandle` and `receiptHandle`. A plus
 * sign stays one, since a receipt handle is sent as it is, without escaping.
 */
export function parameters({ rawQuery }: Request): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  for (const [name, value] of new URLSearchParams(rawQuery.replaceAll('+', '%2B'))) {
    found.set(name.toLowerCase(), value);
  }
  return found;
}

export function routeOf(request: Request): Route {
  const [, root, encoded, child, ...rest] = request.path.split('/');
  if (root !== 'queues' || rest.length > 0) return NOWHERE;
  if (encoded === undefined || (encoded === '' && child === undefined)) {
    return request.method === 'GET' ? { operation: 'ListQueue', queue: '' } : NOWHERE;
  }
  const queue = decoded(encoded);
  if (child === undefined) return { operation: queueOperation(request), queue };
  return child === 'messages' ? { operation: messageOperation(request), queue } : NOWHERE;
}

function decoded(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    // A name with a stray percent sign is refused as a name.
    return segment;
  }
}

function queueOperation(request: Request): Route['operation'] {
  if (request.method === 'GET') return 'GetQueueAttributes';
  if (request.method === 'DELETE') return 'DeleteQueue';
  if (request.method !== 'PUT') return 'Unknown';
  return parameters(request).get('metaoverride') === 'true' ? 'SetQueueAttributes' : 'CreateQueue';
}

function messageOperation(request: Request): Route['operation'] {
  const query = parameters(request);
  switch (request.method) {
    case 'POST':
      return rootName(request.body) === 'Messages' ? 'BatchSendMessage' : 'SendMessage';
    case 'PUT':
      return 'ChangeMessageVisibility';
    case 'DELETE':
      return request.body.length > 0 && !query.has('receipthandle') ? 'BatchDeleteMessage' : 'DeleteMessage';
    case 'GET': {
      const batch = query.has('numofmessages');
      if (query.get('peekonly') === 'true') return batch ? 'BatchPeekMessage' : 'PeekMessage';
      return batch ? 'BatchReceiveMessage' : 'ReceiveMessage';
    }
    default:
      return 'Unknown';
  }
}
