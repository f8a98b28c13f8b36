/** What is used of `@alicloud/mns`, which ships no types. */
declare module '@alicloud/mns' {
  interface MnsAnswer {
    readonly code: number;
    readonly headers: Readonly<Record<string, unknown>>;
    readonly body?: unknown;
  }
  interface MnsMessage {
    readonly MessageBody: string;
    readonly DelaySeconds?: number;
    readonly Priority?: number;
  }
  interface MnsOptions {
    readonly accessKeyId: string;
    readonly accessKeySecret: string;
    readonly securityToken?: string;
    readonly endpoint?: string;
    readonly region?: string;
    readonly readTimeout?: number;
    readonly connectTimeout?: number;
  }
  class Client {
    constructor(accountId: string, options: MnsOptions);
    batchSendMessage(queue: string, messages: readonly MnsMessage[]): Promise<MnsAnswer>;
  }
  export = Client;
}
