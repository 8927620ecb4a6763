/**
 * The ports that a URL may name. Only https is called, so another service is never spoken to in its own words; but even
 * a TLS greeting tells whether it is there, and some have been fed commands through what a greeting carries. So: 443,
 * and from 1024 on, where people do run web servers, whatever is not known to be something else. No I/O.
 */

export function isWebPort(port: number): boolean {
  return port === 443 || (port >= 1024 && !otherServices.has(port))
}

const otherServices = new Set([
  // What the Fetch standard calls bad ports (§ 2.9, "port blocking"), from 1024 on.
  ...[
    1719, 1720, 1723, 2049, 3659, 4045, 4190, 5060, 5061, 6000, 6566, 6665, 6666, 6667, 6668, 6669, 6679,
    6697,
  ],
  10080,
  // Databases: SQL Server, Oracle, MySQL, PostgreSQL and its pooler, Cassandra, Elasticsearch, MongoDB.
  ...[1433, 1434, 1521, 3306, 5432, 6432, 9042, 9200, 9300, 27017, 27018, 27019],
  // Caches: Redis, memcached.
  ...[6379, 6380, 11211],
  // Queues: MQTT, NATS, AMQP, Kafka, STOMP, ActiveMQ.
  ...[1883, 8883, 4222, 5671, 5672, 9092, 9093, 9094, 61613, 61616],
  // Control: Docker, etcd, the API of Kubernetes, its kubelet.
  ...[2375, 2376, 2379, 2380, 6443, 10250, 10255],
  // Other people's screens and shells: RDP, VNC, WinRM.
  ...[3389, 5900, 5901, 5902, 5903, 5985, 5986],
])
