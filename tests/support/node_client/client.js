// A standard client: contracts in, JSON lines out. What it calls and with what, it is told as JSON on standard input:
// {address, contracts, proto, service, method, request, token, authority, certificate, key, seconds}
// Of a stream that wants acknowledgements, each answer's cursor is acknowledged, until the one after which to go.
import { readFileSync } from 'node:fs';
import grpc from '@grpc/grpc-js';
import loader from '@grpc/proto-loader';

const told = JSON.parse(readFileSync(0, 'utf8'));
const definition = loader.loadSync(told.proto, {
  includeDirs: [told.contracts], keepCase: true, longs: String, enums: String, defaults: true, oneofs: true,
});
const Service = told.service.split('.').reduce((at, name) => at[name], grpc.loadPackageDefinition(definition));
const credentials = grpc.credentials.createSsl(
  readFileSync(told.authority), readFileSync(told.key), readFileSync(told.certificate));
const client = new Service(told.address, credentials);
const metadata = new grpc.Metadata();
if (told.token) metadata.set('authorization', `Bearer ${told.token}`);
const options = { deadline: Date.now() + 1000 * told.seconds };

function print(answer) {
  console.log(JSON.stringify(answer));
}

function end(error) {
  if (error) print({ code: grpc.status[error.code], details: error.details });
  client.close();
}

if (client[told.method].requestStream) {
  const stream = client[told.method](metadata, options);
  stream.write(told.request);
  stream.on('data', (answer) => {
    print(answer);
    if (answer.cursor === told.last) return stream.cancel();
    stream.write({ acknowledged_cursor: answer.cursor });
  });
  stream.on('error', (error) => end(error.code === grpc.status.CANCELLED ? null : error));
  stream.on('end', () => end());
} else if (client[told.method].responseStream) {
  const stream = client[told.method](told.request, metadata, options);
  stream.on('data', print);
  stream.on('error', end);
  stream.on('end', () => end());
} else {
  client[told.method](told.request, metadata, options, (error, answer) => {
    if (answer) print(answer);
    end(error);
  });
}
