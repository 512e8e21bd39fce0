// A bare NestJS service on Fastify: one POST that does nothing and answers. The anchor for what HTTP itself costs. Usage: node bare.mjs PORT
import 'reflect-metadata';
import { Controller, Module, Post } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';

class Nothing {
  answer() {
    return { id: 'nothing', revision: 0 };
  }
}
Post()(Nothing.prototype, 'answer', Object.getOwnPropertyDescriptor(Nothing.prototype, 'answer'));
Controller('v1/opportunities')(Nothing);

class Bare {}
Module({ controllers: [Nothing] })(Bare);

const app = await NestFactory.create(Bare, new FastifyAdapter(), { logger: false });
await app.listen(Number(process.argv[2]), '127.0.0.1');
