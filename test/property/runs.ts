/** The share of its runs that each property gets: `PROPERTY_RUNS=0.1`, or `10` for a night. */
const share = Number(process.env.PROPERTY_RUNS ?? 1);

export const runs = (usual: number): number => Math.max(1, Math.round(usual * share));
