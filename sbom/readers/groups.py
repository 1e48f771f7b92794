"""Not a reader: group ids of artifacts that are published without Maven metadata in the jar.

Facts of the public repositories: an artifact id of this name is published under this group.
"""

# Old Apache Commons have their own name as group; the newer ones are under org.apache.commons.
COMMONS = (
    "attributes beanutils betwixt chain cli codec collections configuration daemon dbcp dbutils "
    "digester discovery el email fileupload httpclient io jelly jexl jxpath lang launcher logging "
    "math modeler net pool primitives validator vfs"
).split()
COMMONS_NEW = (
    "bcel bsf collections4 compress configuration2 crypto csv dbcp2 digester3 email exec "
    "fileupload2 geometry imaging jci jcs jexl3 lang3 math3 numbers pool2 rdf rng scxml statistics "
    "text vfs2 weaver"
).split()

EXACT = {
    **{f"commons-{name}": f"commons-{name}" for name in COMMONS},
    **{f"commons-{name}": "org.apache.commons" for name in COMMONS_NEW},
    "commons-email": "org.apache.commons",
    "commons-math": "org.apache.commons",
    "h2": "com.h2database",
    "checker-qual": "org.checkerframework",
    "checker-compat-qual": "org.checkerframework",
}

# The first prefix that fits counts, so that the longer ones stand before the shorter.
FAMILIES = (
    ("spring-boot", "org.springframework.boot"),
    ("spring-cloud-", "org.springframework.cloud"),
    ("spring-data-", "org.springframework.data"),
    ("spring-security-", "org.springframework.security"),
    ("spring-session-", "org.springframework.session"),
    ("spring-integration-", "org.springframework.integration"),
    ("spring-batch-", "org.springframework.batch"),
    ("spring-amqp", "org.springframework.amqp"),
    ("spring-rabbit", "org.springframework.amqp"),
    ("spring-kafka", "org.springframework.kafka"),
    ("spring-ws-", "org.springframework.ws"),
    ("spring-xml", "org.springframework.ws"),
    ("spring-ldap-", "org.springframework.ldap"),
    ("spring-hateoas", "org.springframework.hateoas"),
    ("spring-plugin-", "org.springframework.plugin"),
    ("spring-retry", "org.springframework.retry"),
    ("spring-restdocs-", "org.springframework.restdocs"),
    ("spring-webflow", "org.springframework.webflow"),
    ("spring-", "org.springframework"),
)
