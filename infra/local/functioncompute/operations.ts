import type { Reply, Request } from '../kernel/http.ts';
import { type Catalog, type CloudFunction, functionKey, type Service } from './catalog.ts';
import type { CodeStore } from './code-package.ts';
import {
  asyncConfigurationDocument,
  functionDocument,
  onDemandConfigurationDocument,
  page,
  serviceDocument,
  triggerDocument,
} from './documents.ts';
import { type InvokeParts, invokeOperation } from './invoke-operation.ts';
import type { Pool } from './pool.ts';
import { Refusal } from './refusal.ts';
import type { Operation, Route } from './route.ts';
import {
  asyncConfiguration,
  check,
  DEFAULT_FUNCTION,
  DEFAULT_SERVICE,
  functionCreation,
  functionUpdate,
  onDemandConfiguration,
  parseBody,
  serviceCreation,
  serviceUpdate,
} from './settings.ts';
import { triggerCreation, triggerUpdate } from './trigger-settings.ts';
import type { Triggers } from './triggers.ts';

export interface Desk extends InvokeParts {
  readonly catalog: Catalog;
  readonly code: CodeStore;
  readonly pool: Pool;
  readonly triggers: Triggers;
  /** Where the function's HTTP trigger is reached. */
  httpUrl(service: string, name: string): string;
  /** Where a code package is downloaded from. */
  codeUrl(checksum: string): string;
}

export interface Errand {
  readonly desk: Desk;
  readonly request: Request;
  readonly route: Route;
  readonly requestId: string;
}

type Handler = (errand: Errand) => Reply | Promise<Reply>;

/** Those that need a signature and a place in the catalog. */
export const OPERATIONS: Readonly<
  Record<Exclude<Operation, 'Unknown' | 'InvokeHttpTrigger' | 'DownloadCode'>, Handler>
> = {
  CreateService({ desk: { catalog }, request }) {
    const { serviceName, ...settings } = parseBody(serviceCreation, request.body);
    if (catalog.services.has(serviceName)) {
      throw new Refusal('ServiceAlreadyExists', `service '${serviceName}' already exists`);
    }
    const record = catalog.stamp({ ...DEFAULT_SERVICE, ...defined(settings) });
    const service: Service = { name: serviceName, record, functions: new Map() };
    catalog.services.set(serviceName, service);
    return json(serviceDocument(service), record.revision);
  },
  ListServices({ desk: { catalog }, request }) {
    const { items, ...rest } = page(catalog.services.values(), request.query);
    return json({ services: items.map(serviceDocument), ...rest });
  },
  GetService({ desk: { catalog }, route }) {
    const service = catalog.service(route.service);
    return json(serviceDocument(service), service.record.revision);
  },
  UpdateService({ desk: { catalog }, route, request }) {
    const service = catalog.service(route.service);
    checkRevision(request, service.record.revision);
    const settings = parseBody(serviceUpdate, request.body);
    service.record = catalog.stamp({ ...service.record, ...defined(settings) }, service.record);
    return json(serviceDocument(service), service.record.revision);
  },
  DeleteService({ desk: { catalog }, route, request }) {
    const service = catalog.service(route.service);
    checkRevision(request, service.record.revision);
    if (service.functions.size > 0) {
      throw new Refusal('ServiceNotEmpty', `service '${service.name}' still has functions`);
    }
    catalog.services.delete(service.name);
    return NO_CONTENT;
  },

  async CreateFunction({ desk: { catalog, code }, route, request }) {
    const service = catalog.service(route.service);
    const { functionName, code: source, ...settings } = parseBody(functionCreation, request.body);
    const checkAbsent = () => {
      if (service.functions.has(functionName)) {
        throw new Refusal(
          'FunctionAlreadyExists',
          `function '${functionName}' already exists in service '${service.name}'`,
        );
      }
    };
    checkAbsent();
    const unpacked = await code.unpack(source.zipFile);
    // Unpacking takes a while: another request may have been faster.
    checkAbsent();
    const fn: CloudFunction = {
      name: functionName,
      service,
      code: unpacked,
      record: catalog.stamp({
        ...DEFAULT_FUNCTION,
        ...defined(settings),
        runtime: settings.runtime,
        handler: settings.handler,
      }),
      triggers: new Map(),
    };
    service.functions.set(functionName, fn);
    return json(functionDocument(fn), fn.record.revision);
  },
  ListFunctions({ desk: { catalog }, route, request }) {
    const { items, ...rest } = page(catalog.service(route.service).functions.values(), request.query);
    return json({ functions: items.map(functionDocument), ...rest });
  },
  GetFunction(errand) {
    const fn = functionOf(errand);
    return json(functionDocument(fn), fn.record.revision);
  },
  async UpdateFunction(errand) {
    const { desk, request } = errand;
    const fn = functionOf(errand);
    const { code: source, ...settings } = parseBody(functionUpdate, request.body);
    const code = source ? await desk.code.unpack(source.zipFile) : fn.code;
    checkRevision(request, fn.record.revision);
    fn.code = code;
    fn.record = desk.catalog.stamp({ ...fn.record, ...defined(settings) }, fn.record);
    desk.pool.retire(functionKey(fn));
    return json(functionDocument(fn), fn.record.revision);
  },
  DeleteFunction(errand) {
    const fn = functionOf(errand);
    checkRevision(errand.request, fn.record.revision);
    if (fn.triggers.size > 0) {
      throw new Refusal('FunctionNotEmpty', `function '${fn.name}' has active triggers`);
    }
    fn.service.functions.delete(fn.name);
    errand.desk.pool.retire(functionKey(fn));
    return NO_CONTENT;
  },
  GetFunctionCode(errand) {
    const { checksum } = functionOf(errand).code;
    return json({ url: errand.desk.codeUrl(checksum), checksum });
  },
  InvokeFunction: (errand) =>
    invokeOperation(errand.desk, functionOf(errand), errand.request, errand.requestId),

  CreateTrigger(errand) {
    const { desk, request } = errand;
    const fn = functionOf(errand);
    const settings = parseBody(triggerCreation, request.body);
    const { triggerName } = settings;
    if (fn.triggers.has(triggerName)) {
      throw new Refusal(
        'TriggerAlreadyExists',
        `trigger '${triggerName}' already exists in service '${fn.service.name}' and function '${fn.name}'`,
      );
    }
    const trigger = desk.catalog.stamp(settings);
    fn.triggers.set(triggerName, trigger);
    desk.triggers.start(fn, trigger);
    return triggerReply(errand, fn, triggerName);
  },
  ListTriggers(errand) {
    const fn = functionOf(errand);
    const named = [...fn.triggers.values()].map((trigger) => ({ name: trigger.triggerName, trigger }));
    const { items, ...rest } = page(named, errand.request.query);
    const url = errand.desk.httpUrl(fn.service.name, fn.name);
    return json({ triggers: items.map(({ trigger }) => triggerDocument(trigger, url)), ...rest });
  },
  GetTrigger: (errand) => triggerReply(errand, functionOf(errand), errand.route.trigger),
  UpdateTrigger(errand) {
    const { desk, request, route } = errand;
    const fn = functionOf(errand);
    const earlier = desk.catalog.trigger(fn, route.trigger);
    checkRevision(request, earlier.revision);
    const { triggerConfig, ...changes } = parseBody(triggerUpdate, request.body);
    const merged = {
      ...earlier,
      ...changes,
      triggerName: earlier.triggerName,
      triggerConfig: { ...earlier.triggerConfig, ...triggerConfig },
    };
    const trigger = desk.catalog.stamp(check(triggerCreation, merged), earlier);
    fn.triggers.set(trigger.triggerName, trigger);
    desk.triggers.start(fn, trigger);
    return triggerReply(errand, fn, trigger.triggerName);
  },
  DeleteTrigger(errand) {
    const { desk, request, route } = errand;
    const fn = functionOf(errand);
    checkRevision(request, desk.catalog.trigger(fn, route.trigger).revision);
    fn.triggers.delete(route.trigger);
    desk.triggers.stop(fn, route.trigger);
    return NO_CONTENT;
  },

  PutFunctionAsyncInvokeConfig(errand) {
    const fn = functionOf(errand);
    const settings = parseBody(asyncConfiguration, errand.request.body);
    fn.asyncConfiguration = errand.desk.catalog.stamp(settings, fn.asyncConfiguration);
    return json(asyncConfigurationDocument(fn));
  },
  GetFunctionAsyncInvokeConfig: (errand) => json(asyncConfigurationDocument(functionOf(errand))),
  DeleteFunctionAsyncInvokeConfig(errand) {
    delete functionOf(errand).asyncConfiguration;
    return NO_CONTENT;
  },
  ListFunctionAsyncInvokeConfigs(errand) {
    const fn = functionOf(errand);
    return json({ configs: fn.asyncConfiguration ? [asyncConfigurationDocument(fn)] : [] });
  },

  PutFunctionOnDemandConfig(errand) {
    const fn = functionOf(errand);
    fn.onDemandConfiguration = parseBody(onDemandConfiguration, errand.request.body);
    return json(onDemandConfigurationDocument(fn));
  },
  GetFunctionOnDemandConfig: (errand) => json(onDemandConfigurationDocument(functionOf(errand))),
  DeleteFunctionOnDemandConfig(errand) {
    delete functionOf(errand).onDemandConfiguration;
    return NO_CONTENT;
  },
  ListOnDemandConfigs({ desk: { catalog } }) {
    const functions = [...catalog.services.values()].flatMap((service) => [...service.functions.values()]);
    const configured = functions.filter((fn) => fn.onDemandConfiguration);
    return json({ configs: configured.map(onDemandConfigurationDocument) });
  },
};

const NO_CONTENT: Reply = { status: 204 };

const json = (body: object, revision?: string): Reply => ({
  status: 200,
  headers: { 'content-type': 'application/json', ...(revision === undefined ? {} : { etag: revision }) },
  body: JSON.stringify(body),
});

const functionOf = ({ desk, route }: Errand): CloudFunction =>
  desk.catalog.function(route.service, route.function);

function triggerReply({ desk }: Errand, fn: CloudFunction, name: string): Reply {
  const trigger = desk.catalog.trigger(fn, name);
  return json(triggerDocument(trigger, desk.httpUrl(fn.service.name, fn.name)), trigger.revision);
}

function checkRevision({ headers }: Request, revision: string): void {
  const wanted = headers['if-match'];
  if (wanted !== undefined && wanted !== revision) {
    throw new Refusal('PreconditionFailed', 'the resource being modified has been changed');
  }
}

/** Without what is undefined, so that a spread does not wipe out what it is spread over. */
function defined<T extends object>(settings: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  const entries = Object.entries(settings).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries) as { [K in keyof T]: Exclude<T[K], undefined> };
}
