/**
 * The protobuf messages of Tablestore's API, version 2015-12-31: the fields that the local cloud reads or writes.
 * What is left out is skipped on decoding, as protobuf does with unknown fields.
 * Source: Tablestore API reference, "Data types" and the operations' pages.
 */
export const MESSAGE_SCHEMA = `
syntax = "proto2";

message Error { required string code = 1; optional string message = 2; }

message PrimaryKeySchema { required string name = 1; required int32 type = 2; optional int32 option = 3; }
message DefinedColumnSchema { required string name = 1; required int32 type = 2; }
message TableMeta {
  required string table_name = 1;
  repeated PrimaryKeySchema primary_key = 2;
  repeated DefinedColumnSchema defined_column = 3;
}
message TableOptions {
  optional int32 time_to_live = 1;
  optional int32 max_versions = 2;
  optional int64 deviation_cell_version_in_sec = 5;
  optional bool allow_update = 6;
}
message CapacityUnit { optional int32 read = 1; optional int32 write = 2; }
message ReservedThroughput { required CapacityUnit capacity_unit = 1; }
message ReservedThroughputDetails {
  required CapacityUnit capacity_unit = 1;
  required int64 last_increase_time = 2;
  optional int64 last_decrease_time = 3;
}
message ConsumedCapacity { required CapacityUnit capacity_unit = 1; }
message StreamSpecification { required bool enable_stream = 1; }
message IndexMeta { required string name = 1; }

message CreateTableRequest {
  required TableMeta table_meta = 1;
  required ReservedThroughput reserved_throughput = 2;
  optional TableOptions table_options = 3;
  optional StreamSpecification stream_spec = 5;
  repeated IndexMeta index_metas = 7;
}
message CreateTableResponse {}

message UpdateTableRequest {
  required string table_name = 1;
  optional ReservedThroughput reserved_throughput = 2;
  optional TableOptions table_options = 3;
  optional StreamSpecification stream_spec = 4;
}
message UpdateTableResponse {
  required ReservedThroughputDetails reserved_throughput_details = 1;
  required TableOptions table_options = 2;
}

message DescribeTableRequest { required string table_name = 1; }
message DescribeTableResponse {
  required TableMeta table_meta = 1;
  required ReservedThroughputDetails reserved_throughput_details = 2;
  required TableOptions table_options = 3;
  required int32 table_status = 4;
}

message ListTableRequest {}
message ListTableResponse { repeated string table_names = 1; }

message DeleteTableRequest { required string table_name = 1; }
message DeleteTableResponse {}

message Condition { required int32 row_existence = 1; optional bytes column_condition = 2; }
message ReturnContent { optional int32 return_type = 1; repeated string return_column_names = 2; }
message TimeRange { optional int64 start_time = 1; optional int64 end_time = 2; optional int64 specific_time = 3; }

message GetRowRequest {
  required string table_name = 1;
  required bytes primary_key = 2;
  repeated string columns_to_get = 3;
  optional TimeRange time_range = 4;
  optional int32 max_versions = 5;
  optional bytes filter = 7;
  optional string start_column = 8;
  optional string end_column = 9;
  optional string transaction_id = 11;
}
message GetRowResponse { required ConsumedCapacity consumed = 1; required bytes row = 2; }

message PutRowRequest {
  required string table_name = 1;
  required bytes row = 2;
  required Condition condition = 3;
  optional ReturnContent return_content = 4;
  optional string transaction_id = 5;
}
message UpdateRowRequest {
  required string table_name = 1;
  required bytes row_change = 2;
  required Condition condition = 3;
  optional ReturnContent return_content = 4;
  optional string transaction_id = 5;
}
message DeleteRowRequest {
  required string table_name = 1;
  required bytes primary_key = 2;
  required Condition condition = 3;
  optional ReturnContent return_content = 4;
  optional string transaction_id = 5;
}
message WriteRowResponse { required ConsumedCapacity consumed = 1; optional bytes row = 2; }

message TableInBatchGetRowRequest {
  required string table_name = 1;
  repeated bytes primary_key = 2;
  repeated string columns_to_get = 4;
  optional TimeRange time_range = 5;
  optional int32 max_versions = 6;
  optional bytes filter = 8;
  optional string start_column = 9;
  optional string end_column = 10;
}
message BatchGetRowRequest { repeated TableInBatchGetRowRequest tables = 1; }

message RowInBatchWriteRowRequest {
  required int32 type = 1;
  required bytes row_change = 2;
  required Condition condition = 3;
  optional ReturnContent return_content = 4;
}
message TableInBatchWriteRowRequest { required string table_name = 1; repeated RowInBatchWriteRowRequest rows = 2; }
message BatchWriteRowRequest { repeated TableInBatchWriteRowRequest tables = 1; optional string transaction_id = 2; }

message RowInBatchResponse {
  required bool is_ok = 1;
  optional Error error = 2;
  optional ConsumedCapacity consumed = 3;
  optional bytes row = 4;
}
message TableInBatchResponse { required string table_name = 1; repeated RowInBatchResponse rows = 2; }
message BatchResponse { repeated TableInBatchResponse tables = 1; }

message GetRangeRequest {
  required string table_name = 1;
  required int32 direction = 2;
  repeated string columns_to_get = 3;
  optional TimeRange time_range = 4;
  optional int32 max_versions = 5;
  optional int32 limit = 6;
  required bytes inclusive_start_primary_key = 7;
  required bytes exclusive_end_primary_key = 8;
  optional bytes filter = 10;
  optional string start_column = 11;
  optional string end_column = 12;
  optional string transaction_id = 14;
}
message GetRangeResponse {
  required ConsumedCapacity consumed = 1;
  required bytes rows = 2;
  optional bytes next_start_primary_key = 3;
}

message Filter { required int32 type = 1; required bytes filter = 2; }
message SingleColumnValueFilter {
  required int32 comparator = 1;
  required string column_name = 2;
  required bytes column_value = 3;
  required bool filter_if_missing = 4;
  required bool latest_version_only = 5;
}
message CompositeColumnValueFilter { required int32 combinator = 1; repeated Filter sub_filters = 2; }
message ColumnPaginationFilter { required int32 offset = 1; required int32 limit = 2; }
`;
