import java.util.Locale;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.common.metrics.MetricConfig;
import org.apache.kafka.common.metrics.Quota;
import org.apache.kafka.common.metrics.stats.Rate;
import org.apache.kafka.common.metrics.stats.TokenBucket;

/**
 * Prints what the Java classes behind Kafka's quotas measure for random sequences, one line of JSON each:
 * samples, sampleMs, limit, and steps of [time, value, rate, window] (or of [time, value, tokens before, tokens after]).
 */
public final class QuotaVectors {
    public static void main(String[] args) {
        Random random = new Random(20261121);
        for (int i = 0; i < 40; i++) emit(random, i % 2 == 0);
    }

    private static void emit(Random random, boolean isRate) {
        int samples = i(random, 1, 12);
        int sampleMs = 250 * i(random, 1, 8);
        double limit = i(random, 1, 1000) / 4.0;
        MetricConfig config = new MetricConfig().samples(samples).timeWindow(sampleMs, TimeUnit.MILLISECONDS)
            .quota(new Quota(limit, true));
        Rate rate = new Rate(TimeUnit.SECONDS, new org.apache.kafka.common.metrics.stats.WindowedSum());
        TokenBucket bucket = new TokenBucket(TimeUnit.SECONDS);
        StringBuilder steps = new StringBuilder();
        long now = 1_700_000_000_000L;
        int[] gaps = {0, 1, sampleMs / 3, sampleMs, 3 * sampleMs, samples * sampleMs, 3 * samples * sampleMs};
        for (int step = 0; step < 60; step++) {
            now += random.nextInt(gaps[random.nextInt(gaps.length)] + 1);
            double value = random.nextInt(10) == 0 ? -i(random, 0, 20) : i(random, 0, 400);
            double first;
            double second;
            if (isRate) {
                rate.record(config, value, now);
                first = rate.measure(config, now);
                second = rate.windowSize(config, now);
            } else {
                first = bucket.measure(config, now);
                bucket.record(config, value, now);
                second = bucket.measure(config, now);
            }
            steps.append(step == 0 ? "" : ",").append(String.format(Locale.ROOT, "[%d,%s,%s,%s]", now, value, first, second));
        }
        System.out.printf(Locale.ROOT, "{\"of\":\"%s\",\"samples\":%d,\"sampleMs\":%d,\"limit\":%s,\"steps\":[%s]}%n",
            isRate ? "rate" : "bucket", samples, sampleMs, limit, steps);
    }

    private static int i(Random random, int from, int to) {
        return from + random.nextInt(to - from + 1);
    }
}
