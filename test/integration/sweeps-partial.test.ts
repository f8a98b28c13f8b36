import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { reconcileBatch } from '../../shared/reconcile/hints.ts';
import { resyncPass } from '../../shared/reconcile/resync.ts';
import { type Rig, startRig } from '../rig/parts.ts';

const FIXED_IP = { 'network.alibabacloud.com/enable-fixed-ip': 'true' };

let rig: Rig;
beforeEach(async () => {
  rig = await startRig();
});
afterEach(() => rig.close());

describe('a sweep, while a part of the cloud refuses to answer', () => {
  it('still serves the pods that do not need that part', async () => {
    rig.context.faults.add({
      service: 'openapi',
      operation: 'DescribeEipAddresses',
      fault: { kind: 'error', status: 403, code: 'Forbidden.RAM' },
    });
    const pod = await rig.startPod('web-0', FIXED_IP);
    const ports = rig.newPorts();
    await expect(resyncPass(ports)).resolves.toMatchObject({ pods: 2, hinted: 1, orphans: 0 });
    await reconcileBatch(ports, await rig.takeHints());
    expect(rig.world.eni(pod.eniId)?.addresses).toHaveLength(2);
    expect(rig.lines.join('\n')).toContain('orphans could not be listed');
  });
});
