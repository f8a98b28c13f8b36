import type { Rig } from './parts.ts';

/** Buys an EIP as the account's owner does, without Holdfast's tags; gives its id. */
export async function buyEip({ vpc }: Pick<Rig, 'vpc'>): Promise<string> {
  const { AllocationId } = (await vpc('AllocateEipAddress', { Bandwidth: 5 })) as { AllocationId: string };
  return AllocationId;
}
