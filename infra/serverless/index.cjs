'use strict';

// osls loads plugins by require(); this one is TypeScript, which tsx compiles as it is read.
require('tsx/cjs/api').register();

module.exports = require('./provider.ts').AliyunProvider;
