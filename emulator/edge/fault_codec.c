/*
 * Bodies of failures, in each protocol's shape.
 */
#include "edge/codec.h"
#include "edge/xml.h"

enum { SERVER_FAULT_STATUS = 500 };

static const char *message_key(const struct service *service, const struct fault *fault)
{
    return fault->message_key ? fault->message_key : service->message_key;
}

static void print_and_add(cJSON *body, struct buffer *buffer)
{
    json_codec_encode(NULL, body, buffer);
    cJSON_Delete(body);
}

void rest_json_encode_fault(const struct service *service, const struct error *error,
                            struct buffer *buffer)
{
    const struct fault *fault = error->fault;
    cJSON *body = cJSON_CreateObject();
    if (!fault->omits_type)
        json_set_text(body, "Type", fault->status < SERVER_FAULT_STATUS ? "User" : "Service");
    if (error->message)
        json_set_text(body, message_key(service, fault), error->message);
    else
        json_set(body, message_key(service, fault), cJSON_CreateNull());
    json_set_text(body, "Reason", fault->reason);
    print_and_add(body, buffer);
}

/* `__type` and the message: what awsJson and CBOR share. The caller owns the tree. */
static cJSON *typed_body(const struct service *service, const struct error *error,
                         const struct error_members *members)
{
    const struct fault *fault = error->fault;
    const char *prefix = fault->type_namespace ? fault->type_namespace : service->type_namespace;
    struct buffer type = { 0 };
    if (prefix)
        buffer_add_format(&type, "%s#", prefix);
    buffer_add_string(&type, fault->code);
    cJSON *body = cJSON_CreateObject();
    json_set_text(body, "__type", type.data);
    json_set_text(body, message_key(service, fault), error->message);
    buffer_clear(&type);
    const cJSON *member;
    cJSON_ArrayForEach(member, members->tree)
        cJSON_AddItemToObject(body, member->string, cJSON_Duplicate(member, true));
    return body;
}

void aws_json_encode_fault(const struct service *service, const struct error *error,
                           const struct error_members *members, struct buffer *buffer)
{
    print_and_add(typed_body(service, error, members), buffer);
}

void cbor_codec_encode_fault(const struct service *service, const struct error *error,
                             const struct error_members *members, struct buffer *buffer)
{
    cJSON *body = typed_body(service, error, members);
    cbor_codec_encode(NULL, body, buffer);
    cJSON_Delete(body);
}

void query_codec_encode_fault(const struct service *service, const struct error *error,
                              const struct error_members *members, const char *request_id,
                              struct buffer *buffer)
{
    const struct fault *fault = error->fault;
    buffer_add_format(buffer, "<ErrorResponse xmlns=\"%s\"><Error>", service->xml_namespace);
    xml_element(buffer, "Type", fault->status < SERVER_FAULT_STATUS ? "Sender" : "Receiver");
    xml_element(buffer, "Code", fault->query_code ? fault->query_code : fault->code);
    if (error->message)
        xml_element(buffer, "Message", error->message);
    if (members->tree)
        query_codec_print(members->rows, members->tree, buffer);
    buffer_add_format(buffer, "</Error><RequestId>%s</RequestId></ErrorResponse>", request_id);
}

void ec2_encode_fault(const struct error *error, const char *request_id, struct buffer *buffer)
{
    buffer_add_string(buffer, "<Response><Errors><Error>");
    xml_element(buffer, "Code", error->fault->code);
    xml_element(buffer, "Message", error->message);
    buffer_add_string(buffer, "</Error></Errors>");
    xml_element(buffer, "RequestID", request_id);
    xml_close(buffer, "Response");
}

void s3_encode_fault(const struct error *error, const char *request_id, struct buffer *buffer)
{
    xml_open(buffer, "Error");
    xml_element(buffer, "Code", error->fault->code);
    xml_element(buffer, "Message", error->message);
    xml_element(buffer, "RequestId", request_id);
    xml_close(buffer, "Error");
}
