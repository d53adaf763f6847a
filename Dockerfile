# Three stages from one pinned image: the compiler, the packages that run, and what is shipped.
# Where images are built, pin the digest as well: FROM node:24.21.0-bookworm-slim@sha256:…
FROM node:24.21.0-bookworm-slim AS build
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY tsconfig.json tsconfig.build.json ./
COPY scripts/copy-assets.mjs scripts/
COPY src src/
COPY menus menus/
RUN npm run build

FROM node:24.21.0-bookworm-slim AS dependencies
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci --omit=dev --ignore-scripts --no-audit --no-fund

FROM node:24.21.0-bookworm-slim
# Inside a container loopback is reached by nobody else. Without a CALLBACK_TOKEN the gateway then refuses to start.
ENV NODE_ENV=production HOST=0.0.0.0 PORT=8141
WORKDIR /app
COPY package.json LICENSE ./
COPY --from=dependencies /app/node_modules node_modules/
COPY --from=build /app/dist dist/
USER node
EXPOSE 8141
# Alive, not ready: a gateway that waits for Redis is not mended by being restarted.
HEALTHCHECK --interval=10s --timeout=3s --start-period=10s --retries=3 \
  CMD ["node", "-e", "fetch('http://127.0.0.1:' + process.env.PORT + '/healthz').then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
# Not through npm: it would stand between the signals and the gateway.
CMD ["node", "--enable-source-maps", "--min-semi-space-size=16", "--max-semi-space-size=64", "dist/src/cli/ussd.js", "serve", "--project", "dist/menus/index.js"]
