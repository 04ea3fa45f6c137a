# Reads $COUNT messages of $QUEUE with amqp-consume ($1): it hands each body to a program and acknowledges if that ends well.
exec "$1" --url="$SUBSCRIBER_URL" --queue="$QUEUE" --count="$COUNT" --prefetch-count=10 -- sh -c 'base64 -w0; echo'
