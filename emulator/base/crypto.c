#include "crypto.h"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <openssl/sha.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/auxv.h>
#include <unistd.h>

#include "xalloc.h"

static void require(bool condition, const char *what)
{
    if (!condition) {
        fprintf(stderr, "cryptography failed: %s\n", what);
        abort();
    }
}

static const EVP_MD *sha256;

static void find_sha256(void)
{
    sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
    require(sha256 != NULL, "SHA256");
}

/* Looked up once, for good: libcrypto looks for it each time that it is only named. */
static const EVP_MD *get_sha256(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, find_sha256);
    return sha256;
}

void crypto_sha256(struct text text, unsigned char digest_out[SHA256_SIZE])
{
    require(EVP_Digest(text.data, text.size, digest_out, NULL, get_sha256(), NULL) == 1, "SHA256");
}

void crypto_sha256_hex(struct text text, char hex_out[SHA256_HEX_SIZE])
{
    unsigned char digest[SHA256_SIZE];
    crypto_sha256(text, digest);
    crypto_hex(digest, sizeof(digest), hex_out);
}

void crypto_sha1_hex(struct text text, char hex_out[SHA1_HEX_SIZE])
{
    unsigned char digest[SHA_DIGEST_LENGTH];
    require(SHA1((const unsigned char *)text.data, text.size, digest) != NULL, "SHA1");
    crypto_hex(digest, sizeof(digest), hex_out);
}

bool crypto_md5_hex(struct text text, char hex_out[MD5_HEX_SIZE])
{
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned size = 0;
    if (!EVP_Digest(text.data, text.size, digest, &size, EVP_md5(), NULL))
        return false;
    crypto_hex(digest, size, hex_out);
    return true;
}

static EVP_MAC_CTX *hmac_sha256;

static void find_hmac_sha256(void)
{
    char digest[] = "SHA256";
    const OSSL_PARAM parameters[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
        OSSL_PARAM_construct_end(),
    };
    EVP_MAC *hmac = EVP_MAC_fetch(NULL, "HMAC", NULL);
    hmac_sha256 = EVP_MAC_CTX_new(hmac);
    require(hmac_sha256 && EVP_MAC_CTX_set_params(hmac_sha256, parameters) == 1, "HMAC");
    EVP_MAC_free(hmac);
}

/* A copy of what was prepared once: libcrypto's HMAC() looks up three algorithms for each text. */
void crypto_hmac_sha256(struct text key, struct text text, unsigned char mac_out[SHA256_SIZE])
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    size_t size;
    pthread_once(&once, find_hmac_sha256);
    EVP_MAC_CTX *context = EVP_MAC_CTX_dup(hmac_sha256);
    require(context &&
                EVP_MAC_init(context, (const unsigned char *)key.data, key.size, NULL) == 1 &&
                EVP_MAC_update(context, (const unsigned char *)text.data, text.size) == 1 &&
                EVP_MAC_final(context, mac_out, &size, SHA256_SIZE) == 1,
            "HMAC");
    EVP_MAC_CTX_free(context);
}

void crypto_hex(const void *bytes, size_t size, char *hex_out)
{
    static const char digits[] = "0123456789abcdef";
    const unsigned char *from = bytes;
    for (size_t i = 0; i < size; i++) {
        hex_out[2 * i] = digits[from[i] >> 4];
        hex_out[2 * i + 1] = digits[from[i] & 15];
    }
    hex_out[2 * size] = '\0';
}

static int hex_value(char digit)
{
    if (digit >= '0' && digit <= '9')
        return digit - '0';
    return digit >= 'a' && digit <= 'f' ? digit - 'a' + 10 : -1;
}

bool crypto_unhex(const char *hex, void *bytes_out, size_t size)
{
    unsigned char *to = bytes_out;
    for (size_t i = 0; i < size; i++) {
        int high = hex_value(hex[2 * i]);
        int low = high < 0 ? -1 : hex_value(hex[2 * i + 1]);
        if (low < 0)
            return false;
        to[i] = (unsigned char)(high << 4 | low);
    }
    return hex[2 * size] == '\0';
}

bool crypto_equal(struct text a, struct text b)
{
    return a.size == b.size && CRYPTO_memcmp(a.data, b.data, a.size) == 0;
}

void crypto_random(void *bytes_out, size_t size)
{
    require(getentropy(bytes_out, size) == 0, "getentropy");
}

char *base64_encode(struct text bytes)
{
    char *encoded = xmalloc((bytes.size + 2) / 3 * 4 + 1);
    EVP_EncodeBlock((unsigned char *)encoded, (const unsigned char *)bytes.data, (int)bytes.size);
    return encoded;
}

char *base64_decode(struct text text, size_t *size_out)
{
    if (text.size % 4 != 0)
        return NULL;
    size_t padding = 0;
    while (padding < 2 && padding < text.size && text.data[text.size - 1 - padding] == '=')
        padding++;
    char *decoded = xmalloc(text.size / 4 * 3 + 1);
    int size =
        EVP_DecodeBlock((unsigned char *)decoded, (const unsigned char *)text.data, (int)text.size);
    /* libcrypto skips white space at both ends and takes '=' for zero bits anywhere in the last
     * group; the size tells whether it skipped. */
    if (size < 0 || (size_t)size != text.size / 4 * 3 ||
        (text.size && memchr(text.data, '=', text.size - padding))) {
        free(decoded);
        return NULL;
    }
    *size_out = (size_t)size - padding;
    decoded[*size_out] = '\0';
    return decoded;
}

static uint32_t crc32c_by_table(uint32_t crc, const unsigned char *bytes, size_t size)
{
    static uint32_t table[256];
    if (!table[1]) {
        for (uint32_t i = 0; i < 256; i++) {
            uint32_t value = i;
            for (int bit = 0; bit < 8; bit++)
                value = (value >> 1) ^ (value & 1 ? 0x82F63B78u : 0);
            table[i] = value;
        }
    }
    for (size_t i = 0; i < size; i++)
        crc = table[(crc ^ bytes[i]) & 255] ^ (crc >> 8);
    return crc;
}

#ifdef __x86_64__
/* Processors since 2008 have an instruction for it. */
__attribute__((target("sse4.2"))) static uint32_t
crc32c_by_machine(uint32_t crc, const unsigned char *bytes, size_t size)
{
    uint64_t wide = crc;
    uint64_t eight;
    for (; size >= sizeof(eight); bytes += sizeof(eight), size -= sizeof(eight)) {
        memcpy(&eight, bytes, sizeof(eight));
        wide = __builtin_ia32_crc32di(wide, eight);
    }
    crc = (uint32_t)wide;
    for (; size; bytes++, size--)
        crc = __builtin_ia32_crc32qi(crc, *bytes);
    return crc;
}

static bool has_machine_crc32c(void)
{
    return __builtin_cpu_supports("sse4.2");
}
#elif defined(__aarch64__)
/* An option of the first processors, and part of the architecture since ARMv8.1. */
static uint32_t crc32c_by_machine(uint32_t crc, const unsigned char *bytes, size_t size)
{
    uint64_t eight;
    for (; size >= sizeof(eight); bytes += sizeof(eight), size -= sizeof(eight)) {
        memcpy(&eight, bytes, sizeof(eight));
        __asm__(".arch_extension crc\n\tcrc32cx %w0, %w0, %x1" : "+r"(crc) : "r"(eight));
    }
    for (; size; bytes++, size--)
        __asm__(".arch_extension crc\n\tcrc32cb %w0, %w0, %w1" : "+r"(crc) : "r"((uint32_t)*bytes));
    return crc;
}

static bool has_machine_crc32c(void)
{
    return (getauxval(AT_HWCAP) & HWCAP_CRC32) != 0;
}
#else
static uint32_t crc32c_by_machine(uint32_t crc, const unsigned char *bytes, size_t size)
{
    return crc32c_by_table(crc, bytes, size);
}

static bool has_machine_crc32c(void)
{
    return false;
}
#endif

uint32_t crypto_crc32c(const void *bytes, size_t size)
{
    uint32_t (*add)(uint32_t, const unsigned char *, size_t) =
        has_machine_crc32c() ? crc32c_by_machine : crc32c_by_table;
    return ~add(0xFFFFFFFFu, bytes, size);
}
