// Reads $COUNT messages of $QUEUE with amqplib.
import amqp from "amqplib";

const { SUBSCRIBER_URL, QUEUE, COUNT } = process.env;
const connection = await amqp.connect(SUBSCRIBER_URL);
const channel = await connection.createChannel();
let left = Number(COUNT);
await channel.prefetch(10);
await new Promise((done) =>
  channel.consume(QUEUE, (message) => {
    console.log(message.properties.contentType, message.content.toString("base64"));
    channel.ack(message);
    if (--left === 0) done();
  }),
);
await channel.close();
await connection.close();
