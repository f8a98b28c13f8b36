import type { Clock } from './clock.ts';
import type { Random } from './random.ts';

/** A pair of keys, with a token where they are temporary (STS). */
export interface Credentials {
  readonly accessKeyId: string;
  readonly accessKeySecret: string;
  readonly securityToken?: string;
}

/** Why a request cannot be authenticated; each service words it with its own error code. */
export type Refusal = 'unknown-key' | 'missing-token' | 'wrong-token' | 'expired-token';

/** The one account that owns everything in the local cloud. */
export interface Account {
  readonly id: string;
  readonly region: string;
  /** The permanent keys of the account's owner. */
  readonly owner: Credentials;
  /** Temporary credentials, as a function's role gets them. `ttlMs` in cloud time. */
  assumeRole(ttlMs: number): Required<Credentials>;
  /** The secret to verify a signature with, or why there is none. */
  secretOf(accessKeyId: string, securityToken: string | undefined): { secret: string } | { refused: Refusal };
}

export interface AccountOptions {
  readonly id?: string;
  readonly region?: string;
  readonly owner?: Credentials;
}

/** Well-known keys of the local cloud; they open nothing anywhere else. */
export const LOCAL_OWNER: Credentials = {
  accessKeyId: 'LOCALACCESSKEYID',
  accessKeySecret: 'local-access-key-secret',
};

export function createAccount(clock: Clock, random: Random, options: AccountOptions = {}): Account {
  const { id = '1234567890123456', region = 'cn-hangzhou', owner = LOCAL_OWNER } = options;
  const sessions = new Map<string, Required<Credentials> & { expires: number }>();
  return {
    id,
    region,
    owner,
    assumeRole(ttlMs) {
      const now = clock.now();
      // Oldest first, and nearly all live as long: the first that is still good ends the search.
      for (const [key, session] of sessions) {
        if (session.expires > now) break;
        sessions.delete(key);
      }
      const session = {
        accessKeyId: `STS.${random.id(24)}`,
        accessKeySecret: random.id(44),
        securityToken: `CAIS${random.id(96)}`,
      };
      sessions.set(session.accessKeyId, { ...session, expires: now + ttlMs });
      return session;
    },
    secretOf(accessKeyId, securityToken) {
      if (accessKeyId === owner.accessKeyId) return { secret: owner.accessKeySecret };
      const session = sessions.get(accessKeyId);
      if (!session) return { refused: 'unknown-key' };
      if (!securityToken) return { refused: 'missing-token' };
      if (securityToken !== session.securityToken) return { refused: 'wrong-token' };
      if (session.expires <= clock.now()) return { refused: 'expired-token' };
      return { secret: session.accessKeySecret };
    },
  };
}
