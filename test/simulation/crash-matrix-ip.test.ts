import { IP_SCENARIOS } from './crash-matrix-scenarios.ts';
import { describeMatrix } from './crash-matrix-suite.ts';

describeMatrix(IP_SCENARIOS);
