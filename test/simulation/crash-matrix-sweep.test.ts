import { OTHER_SCENARIOS } from './crash-matrix-scenarios.ts';
import { describeMatrix } from './crash-matrix-suite.ts';

describeMatrix(OTHER_SCENARIOS);
