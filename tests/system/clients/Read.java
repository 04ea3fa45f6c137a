// Reads $COUNT messages of $QUEUE with RabbitMQ's own client for Java.
import com.rabbitmq.client.*;
import java.util.Base64;
import java.util.concurrent.CountDownLatch;

public class Read {
    public static void main(String[] arguments) throws Exception {
        ConnectionFactory factory = new ConnectionFactory();
        factory.setUri(System.getenv("SUBSCRIBER_URL"));
        CountDownLatch left = new CountDownLatch(Integer.parseInt(System.getenv("COUNT")));
        try (Connection connection = factory.newConnection()) {
            Channel channel = connection.createChannel();
            channel.basicQos(10);
            channel.basicConsume(System.getenv("QUEUE"), false, new DefaultConsumer(channel) {
                @Override
                public void handleDelivery(String tag, Envelope envelope, AMQP.BasicProperties properties, byte[] body)
                        throws java.io.IOException {
                    System.out.println(properties.getContentType() + " " + Base64.getEncoder().encodeToString(body));
                    channel.basicAck(envelope.getDeliveryTag(), false);
                    left.countDown();
                }
            });
            left.await();
        }
    }
}
