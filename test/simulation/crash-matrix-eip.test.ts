import { EIP_SCENARIOS } from './crash-matrix-scenarios.ts';
import { describeMatrix } from './crash-matrix-suite.ts';

describeMatrix(EIP_SCENARIOS);
