import type { CloudContext } from '../kernel/context.ts';
import type { Request } from '../kernel/http.ts';
import { missing, refusal } from './failure.ts';
import { type Claimed, readV1, readV3 } from './signature.ts';

/** Source: OpenAPI gateway, InvalidTimeStamp.Expired. */
const MOST_SKEW_MS = 15 * 60_000;

/** Checks key, token, date, signature and nonce of a request, in this order; throws a `Refusal`. */
export type Authenticate = (request: Request, form: URLSearchParams) => void;

export function createAuthenticate({ account, clock }: CloudContext): Authenticate {
  const usedNonces = createNonceMemory();
  return (request, form) => {
    const claimed = readV3(request) ?? readV1(request, form);
    if (!claimed?.accessKeyId) throw missing('AccessKeyId');
    const secret = secretOf(claimed);
    checkDate(claimed.date);
    if (!claimed.isSignedWith(secret)) throw refusal('SignatureDoesNotMatch');
    if (!claimed.nonce) throw missing('SignatureNonce');
    if (!usedNonces.add(`${claimed.accessKeyId} ${claimed.nonce}`, clock.now()))
      throw refusal('SignatureNonceUsed');
  };

  function secretOf({ accessKeyId, securityToken }: Claimed): string {
    const found = account.secretOf(accessKeyId, securityToken);
    if ('secret' in found) return found.secret;
    switch (found.refused) {
      case 'unknown-key':
        throw refusal('InvalidAccessKeyId.NotFound');
      case 'missing-token':
        throw refusal('MissingSecurityToken');
      case 'wrong-token':
        throw refusal('InvalidSecurityToken.Malformed');
      case 'expired-token':
        throw refusal('InvalidSecurityToken.Expired');
    }
  }

  function checkDate(text: string): void {
    if (!text) throw missing('Timestamp');
    const date = Date.parse(text);
    if (Number.isNaN(date)) throw refusal('InvalidTimeStamp.Format');
    const near = (time: number) => Math.abs(date - time) <= MOST_SKEW_MS;
    // The vendor's SDKs sign with the machine's time, which is all they know. When the cloud's time has been moved on,
    // their dates are measured against the former; a stale request is stale by both.
    if (!near(clock.now()) && !near(Date.now())) throw refusal('InvalidTimeStamp.Expired');
  }
}

/** Nonces of the last while: an older one is refused for its date. */
function createNonceMemory() {
  const seen = new Map<string, number>();
  return {
    /** False where it was there already. */
    add(nonce: string, now: number): boolean {
      for (const [oldest, at] of seen) {
        if (at + 2 * MOST_SKEW_MS > now) break;
        seen.delete(oldest);
      }
      if (seen.has(nonce)) return false;
      seen.set(nonce, now);
      return true;
    },
  };
}
