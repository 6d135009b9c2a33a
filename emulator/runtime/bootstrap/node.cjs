/*
 * The node side of a function process. Reads events from descriptor 3 and answers on descriptor
 * 4 in the frames of emulator/runtime/frames.h; stdout and stderr are the function's log. The
 * read between two events blocks the whole process, as Lambda freezes one.
 */
'use strict';

/* V8 takes the compiled code that node brings for its own modules only while all flags are what
 * they were when node was built. The command line changes one, the heap's size, which V8 reads once,
 * before this line. So the flag goes back to its default (0) while the function is loaded: a start
 * costs a fifth less (node 24 does not need it). Threads, which ask the flag, are usually started
 * later, when it is as it was. */
const HEAP_FLAG = '--max-old-space-size=';
const FIRST_WITHOUT_NEED = 24;

function setHeapFlag(value) {
    const { noDeprecation } = process;
    process.noDeprecation = true; /* require('v8') would cost more than is won */
    try {
        process.binding('v8').setFlagsFromString(HEAP_FLAG + value);
    } catch { /* there is none */ }
    process.noDeprecation = noDeprecation;
    if (noDeprecation === undefined)
        delete process.noDeprecation;
}

const heapFlag = Number.parseInt(process.versions.node, 10) < FIRST_WITHOUT_NEED &&
    process.execArgv.filter((argument) => argument.startsWith(HEAP_FLAG)).pop();
if (heapFlag)
    setHeapFlag(0);

const fs = require('fs');
const path = require('path');
const util = require('util');
const { pathToFileURL } = require('url');

/* On Lambda the main module is an ES module, so that for all others there is none (require.main). */
delete process.mainModule;

const EVENTS_FD = 3;
const ANSWERS_FD = 4;
const LOG_FD = 1;
const HEADER_SIZE = 8;
const EVENT_FIELDS_SIZE = 24;
const KEPT_BUFFER_SIZE = 1 << 20;
const FRAME = { EVENT: 1, NEXT: 2, RESPONSE: 3, ERROR: 4, INIT_ERROR: 5, STREAM: 6, CHUNK: 7,
    STREAM_END: 8 };
const FINAL = 1;
const HANDLER_MICROSECONDS_MAX = 0xffff;
const EXIT_FAILURE = 1;
const EXIT_UNSETTLED = 13; /* node's own, for a main module that never finishes */
const EXIT_REJECTION = 128;
const EXIT_EXCEPTION = 129;

const environment = process.env;
const taskRoot = environment.LAMBDA_TASK_ROOT;
const isNativeError = util.types.isNativeError;

/* Lambda's client for nodejs24.x and later was written anew: it has no callbacks, answers with what
 * any handler returns, imports what the ones before it required, and leaves errors that nobody
 * catches to node. That goes by the runtime's name, whichever node stands in for it. */
const FIRST_WITHOUT_CALLBACKS = 24;
const runtimeVersion = Number.parseInt(
    environment.AWS_EXECUTION_ENV.slice('AWS_Lambda_nodejs'.length), 10);
const hasCallbacks = runtimeVersion < FIRST_WITHOUT_CALLBACKS;

/* Each invocation has a trace id of its own in the environment. libc keeps every value that a variable
 * was ever given, so that holds for the first invocations of a process, which are all that a human
 * looks at. Later ones find theirs behind process.env, as a property of its prototype. */

const TRACE_ID = '_X_AMZN_TRACE_ID';
const TRACE_IDS_MAX = 1000;
let traceId;
let traceIds = 0;

function setVariable(name, value) {
    if (value === undefined)
        delete process.env[name];
    else
        process.env[name] = value;
}

function setTraceId(value) {
    traceId = value;
    traceIds++;
    if (traceIds <= TRACE_IDS_MAX || process.env !== environment)
        setVariable(TRACE_ID, value);
    else
        delete environment[TRACE_ID]; /* that of the last, or the function's own */
    if (traceIds === TRACE_IDS_MAX + 1)
        Object.defineProperty(Object.getPrototypeOf(environment), TRACE_ID,
            { get: () => traceId, enumerable: true, configurable: true });
}

/* Pipes: partial reads and writes, and EAGAIN in case the function made them non-blocking. */

const pause = new Int32Array(new SharedArrayBuffer(4));

function patiently(operation) {
    for (;;) {
        try {
            return operation();
        } catch (error) {
            if (error.code === 'EAGAIN')
                Atomics.wait(pause, 0, 0, 1);
            else if (error.code !== 'EINTR')
                throw error;
        }
    }
}

function writeAll(fd, bytes, size) {
    for (let sent = 0; sent < size;)
        sent += patiently(() => fs.writeSync(fd, bytes, sent, size - sent));
}

let input = Buffer.allocUnsafeSlow(1 << 16);
let inputSize = 0;

function fillInput(size) {
    if (input.length < size) {
        const larger = Buffer.allocUnsafeSlow(size);
        input.copy(larger, 0, 0, inputSize);
        input = larger;
    }
    while (inputSize < size) {
        const count = patiently(
            () => fs.readSync(EVENTS_FD, input, inputSize, input.length - inputSize, null));
        if (count === 0)
            process.reallyExit(0); /* the emulator is gone */
        inputSize += count;
    }
}

/* A second event that stands in the pipe is a packet of its own: nothing is left over. */
function resetInput() {
    inputSize = 0;
    if (input.length > KEPT_BUFFER_SIZE)
        input = Buffer.allocUnsafeSlow(1 << 16);
}

/* What the function has printed ends with a mark: when the answer is read, the process may be at the
 * next event already, whose lines follow at once. */

let requestId;
let hasLogged = false; /* since the last answer */

function writeLog(text) {
    const bytes = Buffer.from(text);
    try {
        writeAll(LOG_FD, bytes, bytes.length);
    } catch {
        /* The function has closed it: then it has no log. */
    }
}

function markTurn() {
    if (hasLogged && requestId)
        writeLog(`\0\0${requestId}\n`);
    hasLogged = false;
}

for (const name of ['stdout', 'stderr']) {
    const { get } = Object.getOwnPropertyDescriptor(process, name);
    let stream;
    const getNoticing = () => {
        if (!stream) {
            stream = get.call(process);
            const write = stream.write;
            stream.write = (...values) => {
                hasLogged = true;
                return write.apply(stream, values);
            };
        }
        return stream;
    };
    Object.defineProperty(process, name, { get: getNoticing, enumerable: true, configurable: true });
}

let begunAt = process.hrtime();

function handlerMicroseconds() {
    const [seconds, nanoseconds] = process.hrtime(begunAt);
    return Math.min(seconds * 1e6 + nanoseconds / 1e3, HANDLER_MICROSECONDS_MAX);
}

let output = Buffer.allocUnsafeSlow(1 << 16);

function sendFrame(type, flags, text) {
    markTurn();
    let bytes = output;
    let size;
    if (text.length * 3 + HEADER_SIZE <= output.length) {
        size = output.utf8Write(text, HEADER_SIZE);
    } else {
        size = Buffer.byteLength(text);
        bytes = Buffer.allocUnsafe(size + HEADER_SIZE);
        bytes.utf8Write(text, HEADER_SIZE);
    }
    bytes.writeUInt32LE(size, 0);
    bytes.writeUInt32LE((type | flags << 8 | handlerMicroseconds() << 16) >>> 0, 4);
    writeAll(ANSWERS_FD, bytes, size + HEADER_SIZE);
}

function errorText(errorType, body) {
    return errorType.replace(/\n/g, ' ') + '\n' + body;
}

function sendError(type, flags, errorType, body) {
    sendFrame(type, flags, errorText(errorType, body));
}

function frameOf(type, body) {
    const header = Buffer.alloc(HEADER_SIZE);
    header.writeUInt32LE(body.length, 0);
    header.writeUInt32LE(type, 4);
    return Buffer.concat([header, body]);
}

/* Writes that let the event loop go on, for an answer whose reader may be slow. While one is under
 * way no other frame may be sent. */

let isWriting = false;
let afterWrite; /* what could not wait: instead of going on */

function writeFrames(bytes, done, sent = 0) {
    isWriting = true;
    fs.write(ANSWERS_FD, bytes, sent, bytes.length - sent, null, (error, count) => {
        if (error && error.code === 'EAGAIN') {
            setTimeout(writeFrames, 1, bytes, done, sent);
            return;
        }
        if (!error && sent + count < bytes.length) {
            writeFrames(bytes, done, sent + count);
            return;
        }
        isWriting = false;
        const next = afterWrite;
        afterWrite = undefined;
        if (next)
            next();
        else
            done(error);
    });
}

function whenWritten(action) {
    if (isWriting)
        afterWrite = action;
    else
        action();
}

/* The four texts of the event and where they end. Mostly they are ASCII: cut out of one string. */
function readTexts() {
    const start = HEADER_SIZE + EVENT_FIELDS_SIZE;
    const found = [];
    let end = start;
    for (let i = 0; i < 4; i++)
        found.push(end += input.readUInt32LE(HEADER_SIZE + 8 + 4 * i));
    const all = input.utf8Slice(start, end);
    let at = start;
    for (let i = 0; i < 4; i++) {
        const next = found[i];
        found[i] = all.length === end - start ? all.slice(at - start, next - start)
            : input.utf8Slice(at, next);
        at = next;
    }
    found.push(end);
    return found;
}

function readEvent() {
    fillInput(HEADER_SIZE);
    const size = input.readUInt32LE(0);
    fillInput(HEADER_SIZE + size);
    const texts = readTexts();
    const event = {
        deadline: input.readDoubleLE(HEADER_SIZE),
        requestId: texts[0],
        arn: texts[1],
        traceId: texts[2],
        clientContext: texts[3],
        payload: input.utf8Slice(texts[4], HEADER_SIZE + size),
    };
    resetInput();
    begunAt = process.hrtime();
    return event;
}

/* Log lines in Lambda's formats. A newline inside a line gets a NUL behind it: one log event. */

const LEVELS = ['TRACE', 'DEBUG', 'INFO', 'WARN', 'ERROR', 'FATAL'];
const NO_REQUEST = hasCallbacks ? undefined : '-'; /* the id of what is printed before the first */
const logsJson = environment.AWS_LAMBDA_LOG_FORMAT === 'JSON';
const leastLevel = LEVELS.indexOf(String(environment.AWS_LAMBDA_LOG_LEVEL).toUpperCase());

function writeLine(text) {
    hasLogged = true;
    writeLog(text.replace(/\n/g, '\n\0') + '\n');
}

function logText(level, values) {
    writeLine(`${new Date().toISOString()}\t${requestId ?? NO_REQUEST}\t${level}\t` +
        util.format(...values));
}

function errorMembers(error) {
    return { errorType: error.constructor ? error.constructor.name : 'UnknownError',
        errorMessage: error.message,
        stackTrace: typeof error.stack === 'string' ? error.stack.split('\n') : [] };
}

function withErrorsOpened(key, value) {
    return value instanceof Error ? { ...errorMembers(value), ...value } : value;
}

function logJson(level, values) {
    const line = { timestamp: new Date().toISOString(), level, requestId: requestId ?? NO_REQUEST };
    if (values.length === 1) {
        line.message = values[0];
        try {
            writeLine(JSON.stringify(line, withErrorsOpened));
            return;
        } catch { /* a circle, or something like it: as text then */ }
    }
    line.message = util.format(...values);
    const error = values.find((value) => value instanceof Error);
    writeLine(JSON.stringify(error && values.length > 1 ? { ...line, ...errorMembers(error) }
        : line));
}

const logValues = logsJson ? logJson : logText;

for (const [method, level] of Object.entries({ trace: 'TRACE', debug: 'DEBUG', info: 'INFO',
    log: 'INFO', warn: 'WARN', error: 'ERROR', fatal: 'FATAL' }))
    console[method] = LEVELS.indexOf(level) < leastLevel ? () => {}
        : (message, ...values) => logValues(level, [message, ...values]); /* even if there is none */

/* Errors as Lambda prints them. */

function isError(value) {
    return isNativeError(value) || value instanceof Error;
}

/* Such as an error that went through JSON. */
function isLikeError(value) {
    return Boolean(value) && ['name', 'message', 'stack'].every(
        (member) => value[member] && typeof value[member] === 'string');
}

function describeError(error) {
    try {
        if (isError(error) || (hasCallbacks && isLikeError(error)))
            return { errorType: String(error.name), errorMessage: String(error.message),
                trace: String(error.stack).split('\n') };
        return { errorType: typeof error, errorMessage: String(error), trace: [] };
    } catch {
        return { errorType: 'handled', errorMessage:
            'callback called with Error argument, but there was a problem while retrieving one ' +
            'or more of its message, name, and stack', trace: [] };
    }
}

function withErrorMembers(key, value) {
    if (!isError(value))
        return value;
    return { errorType: value.name, errorMessage: value.message, code: value.code, ...value,
        stack: String(value.stack).split('\n') };
}

function logFailure(label, thrown) {
    const error = thrown instanceof Error ? thrown : new Error(String(thrown));
    if (logsJson) {
        logJson('ERROR', [error]);
        return;
    }
    let text;
    try {
        text = JSON.stringify(error, withErrorMembers);
    } catch {
        text = JSON.stringify(describeError(error));
    }
    console.error(label, '\t' + text);
}

function runtimeError(name, message) {
    const error = new Error(message);
    Object.defineProperty(error, 'name', { value: name, enumerable: !hasCallbacks });
    error.stack = error.stack.replace(/^Error/, name);
    return error;
}

/* One invocation after the other. */

let handler;
let handlerIsAsync = false;
let current; /* the invocation that has no answer yet */
let sendAnswer; /* the answer that has not left yet; takes the flags of its frame */
let onDrained; /* what to do when nothing is left to run */

/* Whoever has the answer sends the next event, which must not meet a process that is about to end: a
 * promise that was rejected and left alone ends it once the handler is done. */
function leaveAnswer(flags) {
    const send = sendAnswer;
    sendAnswer = undefined;
    if (send)
        send(flags);
}

function goOn() {
    leaveAnswer(0);
    serve();
}

function answer(invocation, send) {
    if (invocation.isAnswered)
        return;
    invocation.isAnswered = true;
    onDrained = undefined;
    current = undefined;
    sendAnswer = send;
    setImmediate(goOn);
}

function fail(invocation, error) {
    if (invocation.isAnswered)
        return;
    logFailure('Invoke Error', error);
    const description = describeError(error);
    answer(invocation, (flags) => sendError(FRAME.ERROR, flags, description.errorType,
        JSON.stringify(description)));
}

function succeed(invocation, value) {
    let text;
    try {
        text = JSON.stringify(value);
    } catch {
        const message = 'Unable to stringify response body';
        fail(invocation, hasCallbacks ? new Error(message)
            : runtimeError('Runtime.JSONStringifyError', message));
        return;
    }
    answer(invocation, (flags) => sendFrame(FRAME.RESPONSE, flags, text === undefined ? 'null'
        : text));
}

/* What the callback and the context's functions are told, what the handler throws and the promise
 * that it returns: the first of them counts. */
function settle(invocation, end) {
    if (invocation.isSettled)
        return;
    invocation.isSettled = true;
    end();
}

function isNothing(value) {
    return value === undefined || value === null;
}

/* For who has callbacks nothing is no error: what was thrown must be something. */
function nameFailure(error) {
    return hasCallbacks && isNothing(error) ? 'handled' : error;
}

function settleFailed(invocation, error) {
    settle(invocation, () => fail(invocation, nameFailure(error)));
}

function settleDone(invocation, error, value) {
    settle(invocation, () => (isNothing(error) ? succeed(invocation, value)
        : fail(invocation, error)));
}

/* A result waits for the event loop unless told not to. */
function settleByCallback(invocation, error, value) {
    if (!isNothing(error) || !invocation.context.callbackWaitsForEmptyEventLoop)
        settleDone(invocation, error, value);
    else
        settle(invocation, () => {
            onDrained = () => succeed(invocation, value);
        });
}

function parseOptional(text) {
    return text ? JSON.parse(text) : undefined;
}

let identity; /* of the function, as it stands after its own start */

function readIdentity() {
    return {
        version: environment.AWS_LAMBDA_FUNCTION_VERSION,
        name: environment.AWS_LAMBDA_FUNCTION_NAME,
        memory: environment.AWS_LAMBDA_FUNCTION_MEMORY_SIZE,
        logGroup: environment.AWS_LAMBDA_LOG_GROUP_NAME,
        logStream: environment.AWS_LAMBDA_LOG_STREAM_NAME,
    };
}

/* The order of the members shows in JSON.stringify(context), here and in the next function. */
function makeCallbackContext(event, invocation) {
    return {
        callbackWaitsForEmptyEventLoop: true,
        succeed: (value) => settleDone(invocation, undefined, value),
        fail: (error) => settleFailed(invocation, error),
        done: (error, value) => settleDone(invocation, error, value),
        functionVersion: identity.version,
        functionName: identity.name,
        memoryLimitInMB: identity.memory,
        logGroupName: identity.logGroup,
        logStreamName: identity.logStream,
        clientContext: parseOptional(event.clientContext),
        identity: undefined,
        invokedFunctionArn: event.arn,
        awsRequestId: event.requestId,
        tenantId: undefined,
        getRemainingTimeInMillis: () => event.deadline - Date.now(),
    };
}

function makeContext(event) {
    return {
        clientContext: parseOptional(event.clientContext),
        identity: undefined,
        invokedFunctionArn: event.arn,
        awsRequestId: event.requestId,
        tenantId: undefined,
        xRayTraceId: traceId,
        getRemainingTimeInMillis: () => event.deadline - Date.now(),
        functionName: identity.name,
        functionVersion: identity.version,
        memoryLimitInMB: identity.memory,
        logGroupName: identity.logGroup,
        logStreamName: identity.logStream,
    };
}

function neverSettled() {
    return runtimeError('Runtime.NodeJsExit',
        'The Lambda runtime client detected an unexpected Node.js exit code. This is most ' +
        'commonly caused by a Promise that was never settled. For more information, see ' +
        'https://nodejs.org/docs/latest/api/process.html#exit-codes');
}

function drainedWithoutAnswer(invocation) {
    if (handlerIsAsync)
        fail(invocation, neverSettled());
    else
        succeed(invocation, null);
}

/* Answers in pieces. An invocation has ended when its stream is finished and its handler too. */

const STREAMING = Symbol.for('aws.lambda.runtime.handler.streaming');
const HIGH_WATER_MARK = Symbol.for('aws.lambda.runtime.handler.streaming.highWaterMark');
const HTTP_RESPONSE_TYPE = 'application/vnd.awslambda.http-integration-response';
const PRELUDE_END = Buffer.alloc(8);

let ResponseStream;

function finishStream(invocation) {
    const error = invocation.streamError;
    if (!invocation.isFinal || !invocation.hasReturned)
        return;
    const description = error ? describeError(error) : undefined;
    answer(invocation, (flags) => sendFrame(FRAME.STREAM_END, flags, description
        ? errorText(description.errorType, JSON.stringify(description)) : ''));
}

/* What was written before leaves first. */
function failStream(invocation, error) {
    const stream = invocation.stream;
    invocation.hasReturned = true;
    if (invocation.isAnswered)
        return;
    logFailure('Invoke Error', error);
    invocation.streamError = error;
    if (stream.destroyed && !invocation.isFinal) /* a pipeline has failed: what it held is lost */
        whenWritten(() => stream._final(() => {}));
    else
        stream.end();
    finishStream(invocation);
}

function drainedStream(invocation) {
    if (!invocation.isFinal)
        failStream(invocation, neverSettled());
    invocation.hasReturned = true;
    finishStream(invocation);
}

function serveStream(payload, invocation) {
    invocation.isFinal = false;
    invocation.hasReturned = false;
    ResponseStream ??= require('./node_stream.cjs')({ FRAME, frameOf, writeFrames, runtimeError });
    invocation.stream = new ResponseStream(handler[HIGH_WATER_MARK], () => {
        invocation.isFinal = true;
        finishStream(invocation);
    });
    if (hasCallbacks)
        onDrained = () => drainedStream(invocation);
    for (const member of ['succeed', 'fail', 'done'])
        delete invocation.context[member];
    const result = handler(payload, invocation.stream, invocation.context);
    if (!result || typeof result.then !== 'function')
        throw new Error('Streaming does not support non-async handlers.');
    result.then((value) => {
        if (value !== undefined)
            console.warn('Streaming handlers ignore return values.');
        invocation.hasReturned = true;
        finishStream(invocation);
    }, (error) => failStream(invocation, nameFailure(error)));
}

const awslambda = {
    streamifyResponse(streaming, options) {
        streaming[STREAMING] = 'response';
        if (options && options.highWaterMark !== undefined)
            streaming[HIGH_WATER_MARK] = Number.parseInt(options.highWaterMark, 10);
        return streaming;
    },
    HttpResponseStream: {
        from(stream, metadata) {
            stream.setContentType(HTTP_RESPONSE_TYPE);
            const prelude = Buffer.concat([Buffer.from(JSON.stringify(metadata)), PRELUDE_END]);
            stream._onBeforeFirstWrite = (write) => write(prelude);
            return stream;
        },
    },
};
if (!['1', 'true'].includes(environment.AWS_LAMBDA_NODEJS_NO_GLOBAL_AWSLAMBDA))
    globalThis.awslambda = { ...globalThis.awslambda, ...awslambda };

function run(event, invocation) {
    const payload = JSON.parse(event.payload);
    if (handler[STREAMING] === 'response') {
        serveStream(payload, invocation);
        return;
    }
    const result = hasCallbacks ? handler(payload, invocation.context,
        (error, value) => settleByCallback(invocation, error, value))
        : handler(payload, invocation.context);
    if (result && typeof result.then === 'function')
        result.then((value) => settleDone(invocation, undefined, value),
            (error) => settleFailed(invocation, error));
    else if (!hasCallbacks)
        succeed(invocation, result);
}

function serve() {
    const event = readEvent();
    const invocation = { isAnswered: false, isSettled: false, context: undefined };
    requestId = event.requestId;
    setTraceId(event.traceId || undefined);
    current = invocation;
    if (hasCallbacks)
        onDrained = () => drainedWithoutAnswer(invocation);
    try {
        invocation.context = hasCallbacks ? makeCallbackContext(event, invocation)
            : makeContext(event);
        run(event, invocation);
    } catch (error) {
        if (invocation.stream)
            failStream(invocation, nameFailure(error));
        else
            settleFailed(invocation, error);
    }
}

/* Ends the process, having told why. */
function die(label, error, exitStatus) {
    if (isWriting) {
        whenWritten(() => die(label, error, exitStatus));
        return;
    }
    logFailure(label, error);
    const description = describeError(error);
    const type = handler ? FRAME.ERROR : FRAME.INIT_ERROR;
    if (!handler || current) /* between two answers there is nobody to tell */
        sendError(type, FINAL, description.errorType, JSON.stringify(description));
    process.exit(exitStatus);
}

/* Finding the handler. */

/* Whether the nearest package.json above makes .js files ES modules. */
function isModulePackage(directory) {
    for (let at = directory; path.basename(at) !== 'node_modules'; at = path.dirname(at)) {
        const name = path.join(at, 'package.json');
        if (fs.existsSync(name)) {
            try {
                return JSON.parse(fs.readFileSync(name, 'utf8')).type === 'module';
            } catch (error) {
                console.warn(`${name} cannot be read or parsed: ${error.message}. Files with ` +
                    'ending .js are taken for CommonJS.');
                return false;
            }
        }
        if (at === path.dirname(at))
            return false;
    }
    return false;
}

/* A directory counts as a file; to import it fails, though a module of its name stands beside it. */
async function loadModule(directory, name) {
    const base = path.resolve(taskRoot, directory, name);
    const ending = ['', '.js', '.mjs', '.cjs'].find((each) => fs.existsSync(base + each));
    const file = ending === undefined ? undefined : base + ending;
    if (file && (!hasCallbacks || ending === '.mjs' ||
        (ending === '.js' && isModulePackage(path.dirname(file)))))
        return import(pathToFileURL(file).href);
    const load = require('module').createRequire(path.join(environment.LAMBDA_RUNTIME_DIR, 'index.mjs'));
    return load(file ?? load.resolve(directory ? './' + path.join(directory, name) : name,
        { paths: [taskRoot, path.resolve(taskRoot, directory)] }));
}

function wrapLoadError(error) {
    if (error instanceof SyntaxError) {
        const told = runtimeError('Runtime.UserCodeSyntaxError', String(error));
        if (!hasCallbacks)
            told.stack = error.stack;
        return told;
    }
    if (error && error.code === 'MODULE_NOT_FOUND')
        return runtimeError('Runtime.ImportModuleError', String(error));
    return error;
}

function findMember(object, members) {
    return members.reduce((found, member) => (found && (hasCallbacks || typeof found === 'object')
        ? found[member] : undefined), object);
}

const CALLBACK_PARAMETERS = 3;

/* A handler that has a third parameter wants a callback. */
function checkForCallback(handling) {
    if (handling[STREAMING] || handling.length < CALLBACK_PARAMETERS)
        return;
    if (!hasCallbacks)
        throw runtimeError('Runtime.CallbackHandlerDeprecated', 'ERROR: AWS Lambda has removed ' +
            'support for callback-based function handlers starting with Node.js 24. You need to ' +
            'modify this function to use a supported handler signature to use Node.js 24 or later. ' +
            'For more information see https://docs.aws.amazon.com/lambda/latest/dg/nodejs-handler.html.');
    if (handling.length === CALLBACK_PARAMETERS && !util.types.isAsyncFunction(handling) &&
        environment.AWS_LAMBDA_NODEJS_DISABLE_CALLBACK_WARNING === undefined)
        console.warn('AWS Lambda plans to remove support for callback-based function handlers ' +
            'starting with Node.js 24. You will need to update this function to use an async ' +
            'handler to use Node.js 24 or later. For more information and to provide feedback on ' +
            'this change, see https://github.com/aws/aws-lambda-nodejs-runtime-interface-client/' +
            'issues/137. To disable this warning, set the ' +
            'AWS_LAMBDA_NODEJS_DISABLE_CALLBACK_WARNING environment variable.');
}

async function loadHandler(name) {
    if (name.includes('..'))
        throw runtimeError('Runtime.MalformedHandlerName', `'${name}' is not a valid handler ` +
            'name. Use absolute paths when specifying root directories in handler names.');
    const file = path.basename(name);
    const dot = file.indexOf('.');
    if (dot < 0)
        throw runtimeError('Runtime.MalformedHandlerName', 'Bad handler');
    const directory = name.slice(0, name.length - file.length);
    let found;
    try {
        found = await loadModule(directory, file.slice(0, dot));
    } catch (error) {
        throw wrapLoadError(error);
    }
    const members = file.slice(dot + 1).split('.');
    let handling = findMember(found, members);
    if (!handling && !hasCallbacks && found !== null && typeof found === 'object')
        handling = findMember(found.default, members);
    if (!handling)
        throw runtimeError('Runtime.HandlerNotFound', `${name} is undefined or not exported`);
    if (typeof handling !== 'function')
        throw runtimeError('Runtime.HandlerNotFound', `${name} is not a function`);
    checkForCallback(handling);
    return handling;
}

if (hasCallbacks) {
    process.on('uncaughtException', (error) => die('Uncaught Exception', error, EXIT_EXCEPTION));
    process.on('unhandledRejection', (reason, promise) => {
        const error = runtimeError('Runtime.UnhandledPromiseRejection', String(reason));
        error.reason = reason;
        error.promise = promise;
        die('Unhandled Promise Rejection', error, EXIT_REJECTION);
    });
    process.on('exit', () => leaveAnswer(FINAL)); /* later clients lose what has not left */
}
process.on('beforeExit', () => {
    if (onDrained)
        onDrained();
    else if (hasCallbacks && !handler) /* that client's main module waits for the function's */
        process.exitCode = EXIT_UNSETTLED;
});

loadHandler(environment._HANDLER).then((found) => {
    if (heapFlag)
        setHeapFlag(heapFlag.slice(HEAP_FLAG.length));
    handler = found;
    identity = readIdentity();
    handlerIsAsync = util.types.isAsyncFunction(found);
    sendFrame(FRAME.NEXT, 0, '');
    setImmediate(serve);
}, (error) => (hasCallbacks ? die('Uncaught Exception', error, EXIT_EXCEPTION)
    : die('Init Error', error, EXIT_FAILURE)));
