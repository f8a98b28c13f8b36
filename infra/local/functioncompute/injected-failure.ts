import type { Fault } from '../kernel/faults.ts';

export type InjectedFault = Exclude<Fault, { kind: 'delay' }>;

/** An error that a fault rule put in the place of an execution or of its answer. */
export class InjectedFailure extends Error {
  readonly status: number;
  readonly code: string;
  /** For the meter: 0 where the answer was lost. */
  readonly recorded: number;

  constructor(status: number, code: string, message: string, recorded = status) {
    super(message);
    this.name = 'InjectedFailure';
    this.status = status;
    this.code = code;
    this.recorded = recorded;
  }
}

export const injectedFailure = (fault: InjectedFault): InjectedFailure =>
  'status' in fault
    ? new InjectedFailure(fault.status, fault.code, fault.message ?? `injected: ${fault.code}`)
    : new InjectedFailure(500, 'InternalServerError', 'injected: the answer was lost', 0);
