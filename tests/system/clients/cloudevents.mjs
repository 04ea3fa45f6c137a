// Reads messages (JSON, from standard input) with the CloudEvents library, strictly, and prints their types.
import { readFileSync } from "node:fs";
import { HTTP } from "cloudevents";

for (const { type, body } of JSON.parse(readFileSync(0, "utf8"))) {
  const event = HTTP.toEvent({ headers: { "content-type": type }, body });
  event.validate();
  const said = JSON.parse(body);
  for (const name of ["id", "source", "subject", "sequence", "correlationid", "dataschema"]) {
    if (String(event[name]) !== said[name]) throw new Error(`${said.type}: ${name} is ${event[name]}`);
  }
  console.log(event.type);
}
