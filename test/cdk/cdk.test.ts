// One test file for the folder, so that the app is synthesised once (template.ts): that is what takes time here.
import './stack-suite.ts';
import './permissions-suite.ts';
import './swept-suite.ts';
