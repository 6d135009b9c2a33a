/*
 * What a streaming handler of node writes its answer to. Apart from node.cjs, since node's own streams
 * behind it are a twentieth of a start, which most functions can do without.
 */
'use strict';

const { Writable } = require('stream');

const CHUNK_SIZE_MAX = 1 << 16;

/* The class, for what node.cjs sends frames with. */
module.exports = ({ FRAME, frameOf, writeFrames, runtimeError }) => class ResponseStream extends Writable {
    #contentType = 'application/octet-stream';
    #isWritten = false;
    #isBegun = false;

    constructor(highWaterMark, onFinal) {
        super({ highWaterMark });
        this.onFinal = onFinal;
        this.on('error', () => {}); /* the emulator is gone, or the function destroyed it */
    }

    setContentType(contentType) {
        if (this.#isWritten)
            throw runtimeError('Runtime.InvalidStreamingOperation',
                'Cannot set content-type, too late.');
        this.#contentType = String(contentType);
    }

    /* The content type, ahead of the first byte. */
    #begin() {
        if (this.#isBegun)
            return [];
        this.#isBegun = true;
        return [frameOf(FRAME.STREAM, Buffer.from(this.#contentType))];
    }

    /* What is no text and no bytes goes out as JSON. Lambda's stream asks here, and not in end(), for
     * what belongs before the first write: who only ends it sends no prelude. */
    write(chunk, ...rest) {
        if (!this.#isWritten && typeof this._onBeforeFirstWrite === 'function')
            this._onBeforeFirstWrite((first) => super.write(first));
        this.#isWritten = true;
        return super.write(typeof chunk === 'string' || chunk instanceof Uint8Array ? chunk
            : JSON.stringify(chunk), ...rest);
    }

    _write(chunk, encoding, done) {
        const frames = this.#begin();
        for (let at = 0; at < chunk.length; at += CHUNK_SIZE_MAX)
            frames.push(frameOf(FRAME.CHUNK, chunk.subarray(at, at + CHUNK_SIZE_MAX)));
        writeFrames(Buffer.concat(frames), done);
    }

    _final(done) {
        writeFrames(Buffer.concat(this.#begin()), (error) => {
            done(error);
            if (!error)
                this.onFinal();
        });
    }
};
