/**
 * Turns off ONNX Runtime's telemetry, unless the variable `ORT_DISABLE_TELEMETRY` is set to something else. It takes
 * effect only before the native library loads, and only from the main thread, whose environment that library reads.
 *
 * Without it, ONNX Runtime 1.29 and later write an identifier of the machine and a database of events under the home
 * folder, and send them to Microsoft. Source: https://github.com/microsoft/onnxruntime/pull/27379
 */
export function disableTelemetry(): void {
  process.env.ORT_DISABLE_TELEMETRY ??= '1'
}
