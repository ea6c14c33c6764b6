/**
 * Sends spans to a collector of OpenTelemetry, by OTLP over HTTP as JSON.
 *
 * @module
 */
import * as FetchHttpClient from "effect/http/FetchHttpClient"
import * as Layer from "effect/Layer"
import * as OtlpSerialization from "effect/observability/OtlpSerialization"
import * as OtlpTracer from "effect/observability/OtlpTracer"
import { serverName } from "./server.ts"
import { makeTrace, Tracing } from "./tracing.ts"

const [serviceName, serviceVersion] = serverName.split("/")

/**
 * Sends some seconds' spans together, and the last when the scope closes. A collector that can't be reached loses them, and holds nobody up.
 *
 * @param endpoint the URL of the collector, without `/v1/traces`
 * @param every one request in so many is traced
 */
export const layer = (endpoint: string, every: number): Layer.Layer<never> =>
  Layer.merge(
    Layer.succeed(Tracing, makeTrace(every)),
    OtlpTracer.layer({
      url: `${endpoint.replace(/\/+$/u, "")}/v1/traces`,
      resource: { serviceName: serviceName!, serviceVersion }
    }).pipe(Layer.provide([FetchHttpClient.layer, OtlpSerialization.layerJson]))
  )
