import { targetOf } from '../serverless/target.ts';

/** A variable that a deployment to an account cannot do without. */
export interface NeededVariable {
  readonly name: string;
  readonly meaning: string;
}

/** What a deployment asks for: it lists everything when nothing is given. */
export function neededVariables(): readonly NeededVariable[] {
  try {
    targetOf({ stage: 'prod', folder: '', env: {}, writesFunctions: true });
  } catch (error) {
    return [...(error as Error).message.matchAll(/^ {2}(\w+) is not set: (.+)$/gm)].map(
      ([, name = '', meaning = '']) => ({ name, meaning }),
    );
  }
  throw new Error('a deployment without any environment was not refused');
}
