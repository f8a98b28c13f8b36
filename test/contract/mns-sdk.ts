import { createRequire } from 'node:module';
import type { Credentials } from '../../infra/local/kernel/account.ts';

type Text = Readonly<Record<string, string>>;

export interface SdkReply<Body> {
  readonly code: number;
  readonly headers: Text;
  readonly body: Body;
}

/** The part of the vendor's SDK that the tests use; the package itself brings no types. */
export interface Sdk {
  createQueue(name: string, params?: object): Promise<SdkReply<undefined>>;
  deleteQueue(name: string): Promise<SdkReply<undefined>>;
  listQueue(start?: string, limit?: number, prefix?: string): Promise<SdkReply<Text[] | undefined>>;
  getQueueAttributes(name: string): Promise<SdkReply<Readonly<Record<string, unknown>>>>;
  setQueueAttributes(name: string, params: object): Promise<SdkReply<undefined>>;
  sendMessage(queue: string, message: object): Promise<SdkReply<Text>>;
  batchSendMessage(queue: string, messages: readonly object[]): Promise<SdkReply<Text[]>>;
  receiveMessage(queue: string, waitSeconds?: number): Promise<SdkReply<Text>>;
  batchReceiveMessage(queue: string, count: number, waitSeconds?: number): Promise<SdkReply<Text[]>>;
  peekMessage(queue: string): Promise<SdkReply<Text>>;
  batchPeekMessage(queue: string, count: number): Promise<SdkReply<Text[]>>;
  deleteMessage(queue: string, receiptHandle: string): Promise<SdkReply<undefined>>;
  batchDeleteMessage(queue: string, receiptHandles: readonly string[]): Promise<SdkReply<Text[] | undefined>>;
  changeMessageVisibility(queue: string, receiptHandle: string, seconds: number): Promise<SdkReply<Text>>;
  subscribe(...anything: readonly string[]): unknown;
  deleteTopic(name: string): unknown;
}

/** How the SDK may get new credentials by itself; the interval is in ms. */
export interface Renewal {
  readonly refreshSTSToken: () => Promise<Credentials>;
  readonly refreshSTSTokenInterval: number;
}

const MnsSdk = createRequire(import.meta.url)('@alicloud/mns') as new (
  accountId: string,
  options: Credentials & { endpoint: string } & Partial<Renewal>,
) => Sdk;

export const sdkFor = (url: string, credentials: Credentials, renewal: Partial<Renewal> = {}): Sdk =>
  new MnsSdk('1234567890123456', { ...credentials, ...renewal, endpoint: url });
