/**
 * The ports that a URL may have. Only https is called, so no other protocol is ever spoken. But a TLS handshake alone
 * reveals whether a service exists, and some services have executed commands hidden in one. So only 443 is allowed, and
 * ports from 1024 on that are not known for another service: web servers do run there. No I/O.
 */

export function isWebPort(port: number): boolean {
  return port === 443 || (port >= 1024 && !otherServices.has(port))
}

const otherServices = new Set([
  // The bad ports of the Fetch standard (§ 2.9, "port blocking"), from 1024 on.

  1719, 1720, 1723, 2049, 3659, 4045, 4190, 5060, 5061, 6000, 6566, 6665, 6666, 6667, 6668, 6669, 6679, 6697,
  10080,
  // Databases: SQL Server, Oracle, MySQL, PostgreSQL and its pooler, Cassandra, Elasticsearch, MongoDB.
  1433, 1434, 1521, 3306, 5432, 6432, 9042, 9200, 9300, 27017, 27018, 27019,
  // Caches: Redis, memcached.
  6379, 6380, 11211,
  // Queues: MQTT, NATS, AMQP, Kafka, STOMP, ActiveMQ.
  1883, 8883, 4222, 5671, 5672, 9092, 9093, 9094, 61613, 61616,
  // Control: Docker, etcd, the API of Kubernetes, its kubelet.
  2375, 2376, 2379, 2380, 6443, 10250, 10255,
  // Remote desktops and shells: RDP, VNC, WinRM.
  3389, 5900, 5901, 5902, 5903, 5985, 5986,
])
