import type { Clock } from '../kernel/clock.ts';
import type { KubernetesClient } from '../kubernetes/client/client.ts';
import type { EventRecorder } from '../kubernetes/client/event-recorder.ts';
import type { VpcWorld } from '../openapi/world.ts';
import { createImages } from './images.ts';
import type { PodInterfaces } from './interfaces.ts';
import { startPresence } from './node-registration.ts';
import type { Host } from './pod-life.ts';

export interface NodeOptions {
  /** Virtual nodes are named as ACK names them: `virtual-kubelet-cn-hangzhou-h`. */
  readonly name: string;
  readonly zone: string;
  readonly vSwitchId: string;
  readonly kind: 'ecs' | 'virtual';
  /** The ECS instance; without it an ecs node registers a new one with the world. */
  readonly instanceId?: string;
  /** Its pods' interfaces belong to the cloud (ServiceManaged) instead of the user. Virtual nodes only; needs the world. */
  readonly managedInterfaces?: boolean;
  /** The node's own address. Default: one of 10.64.0.0/16. */
  readonly ip?: string;
  /** How many pods it holds. Default 15 for ecs, as many as it takes ENIs, and 5000 for virtual nodes. */
  readonly pods?: number;
}

/** One node that pods can run on. */
export interface WorkingNode {
  readonly host: Host;
  lose(): void;
  recover(): void;
  close(): void;
}

export interface WorkingNodeOptions {
  readonly client: KubernetesClient;
  readonly clock: Clock;
  readonly node: NodeOptions;
  /** Makes the default address differ from the other nodes'. */
  readonly index: number;
  readonly region: string;
  readonly world: VpcWorld | undefined;
  readonly interfaces: PodInterfaces;
  readonly recorder: EventRecorder;
  readonly log: (line: string) => void;
}

const ECS_PODS = 15;
const VIRTUAL_PODS = 5000;

/** Registers a node; resolves when it is Ready. */
export async function startNode(options: WorkingNodeOptions): Promise<WorkingNode> {
  const { client, clock, node, index, region, world, interfaces, recorder, log } = options;
  const { name, zone, vSwitchId } = node;
  const virtual = node.kind === 'virtual';
  const instanceId = virtual ? node.instanceId : (node.instanceId ?? world?.registerInstance({ zone }).id);
  const ip = node.ip ?? `10.64.${index >> 8}.${(index & 255) + 1}`;
  const presence = await startPresence({
    client,
    clock,
    log,
    facts: {
      name,
      ip,
      region,
      zone,
      virtual,
      instanceId,
      instanceType: virtual ? 'eci' : 'ecs.g7.xlarge',
      pods: node.pods ?? (virtual ? VIRTUAL_PODS : ECS_PODS),
    },
  });
  let back: Promise<void> | undefined;
  let comeBack = () => {};
  return {
    host: {
      name,
      ip,
      vSwitchId,
      instanceId,
      virtual,
      interfaces,
      recorder,
      getImage: createImages(),
      working: async () => back,
    },
    lose() {
      if (back) return;
      presence.pause();
      back = new Promise((resolve) => {
        comeBack = resolve;
      });
    },
    recover() {
      if (!back) return;
      back = undefined;
      comeBack();
      presence.resume();
    },
    close() {
      presence.close();
      // What waits for the node sees that it closes.
      comeBack();
    },
  };
}
