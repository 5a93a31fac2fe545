/*
 * Makes topics and groups on a RocketMQ broker, over the protocol of its own tools. Prints how long topics took.
 *
 *   NAMESRV BROKER topics NAME COUNT QUEUES TYPE   NAME, or NAME0 … when COUNT is more than 1; TYPE: NORMAL, DELAY, TRANSACTION
 *   NAMESRV BROKER group NAME                      gRPC consumers of a group that nobody has made are refused
 */
import org.apache.rocketmq.common.TopicConfig;
import org.apache.rocketmq.remoting.protocol.subscription.SubscriptionGroupConfig;
import org.apache.rocketmq.tools.admin.DefaultMQAdminExt;

public final class RocketmqAdmin {
  public static void main(String[] args) throws Exception {
    DefaultMQAdminExt admin = new DefaultMQAdminExt();
    admin.setNamesrvAddr(args[0]);
    admin.setInstanceName("bench" + System.nanoTime());
    admin.start();
    String broker = args[1];
    if (args[2].equals("group")) {
      SubscriptionGroupConfig group = new SubscriptionGroupConfig();
      group.setGroupName(args[3]);
      admin.createAndUpdateSubscriptionGroupConfig(broker, group);
      System.out.println("{}");
    } else {
      int count = Integer.parseInt(args[4]);
      int queues = Integer.parseInt(args[5]);
      long startNs = System.nanoTime();
      for (int i = 0; i < count; i++) {
        TopicConfig topic = new TopicConfig(count == 1 ? args[3] : args[3] + i, queues, queues);
        topic.getAttributes().put("+message.type", args[6]);
        admin.createAndUpdateTopicConfig(broker, topic);
      }
      System.out.println("{\"ready_s\":" + (System.nanoTime() - startNs) / 1e9 + "}");
    }
    System.out.flush();
    Runtime.getRuntime().halt(0);
  }
}
