/** `npm run schema`: writes `rota.schema.json`, with which editors complete and check rota.yaml. A test fails where it is out of date. */
import { writeFileSync } from 'node:fs';
import { registryJsonSchemaText } from '../core/registry/json-schema.ts';

const file = 'rota.schema.json';
writeFileSync(file, registryJsonSchemaText());
console.log(file);
