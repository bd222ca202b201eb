"""A Secret Manager on this machine: Google's published protocol, served over gRPC from memory."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import grpc
from google.cloud.secretmanager_v1 import (
    AccessSecretVersionRequest,
    AccessSecretVersionResponse,
    AddSecretVersionRequest,
    CreateSecretRequest,
    DeleteSecretRequest,
    GetSecretRequest,
    ListSecretsRequest,
    ListSecretsResponse,
    Secret,
    SecretManagerServiceClient,
    SecretPayload,
    SecretVersion,
)
from google.cloud.secretmanager_v1.services.secret_manager_service.transports import (
    SecretManagerServiceGrpcTransport,
)
from google.protobuf.empty_pb2 import Empty  # type: ignore[import-untyped]

_SERVICE = "google.cloud.secretmanager.v1.SecretManagerService"


class LocalSecretManager:
    """Secrets with their versions, and what tests want to know or to break."""

    def __init__(self) -> None:
        self.versions: dict[str, list[bytes]] = {}
        self.failing: dict[str, tuple[grpc.StatusCode, int]] = {}
        self.accessed: list[str] = []

    def create_secret(self, request: CreateSecretRequest, context: grpc.ServicerContext) -> Secret:
        """Make a secret without a version."""
        name = f"{request.parent}/secrets/{request.secret_id}"
        if name in self.versions:
            context.abort(grpc.StatusCode.ALREADY_EXISTS, f"Secret [{name}] already exists.")
        self.versions[name] = []
        return Secret(name=name)

    def get_secret(self, request: GetSecretRequest, context: grpc.ServicerContext) -> Secret:
        """Give a secret without its value."""
        self._existing(request.name, context)
        return Secret(name=request.name)

    def list_secrets(
        self, request: ListSecretsRequest, context: grpc.ServicerContext
    ) -> ListSecretsResponse:
        """Name the secrets of a project, one a page."""
        self._fail("list", context)
        every = [name for name in sorted(self.versions) if name.startswith(request.parent)]
        first = int(request.page_token or 0)
        return ListSecretsResponse(
            secrets=[Secret(name=name) for name in every[first : first + 1]],
            next_page_token=str(first + 1) if first + 1 < len(every) else "",
        )

    def delete_secret(self, request: DeleteSecretRequest, context: grpc.ServicerContext) -> Empty:
        """Delete a secret with its versions."""
        self._existing(request.name, context)
        del self.versions[request.name]
        return Empty()

    def add_secret_version(
        self, request: AddSecretVersionRequest, context: grpc.ServicerContext
    ) -> SecretVersion:
        """Give a secret a new newest value."""
        self._fail("write", context)
        versions = self._existing(request.parent, context)
        versions.append(request.payload.data)
        return SecretVersion(name=f"{request.parent}/versions/{len(versions)}")

    def access_secret_version(
        self, request: AccessSecretVersionRequest, context: grpc.ServicerContext
    ) -> AccessSecretVersionResponse:
        """Give the value of a version; `latest` is the newest."""
        name, _, version = request.name.partition("/versions/")
        self.accessed.append(name)
        self._fail(name, context)
        versions = self._existing(name, context)
        if not versions:
            context.abort(grpc.StatusCode.NOT_FOUND, f"Secret Version [{request.name}] not found.")
        number = len(versions) if version == "latest" else int(version)
        return AccessSecretVersionResponse(
            name=f"{name}/versions/{number}", payload=SecretPayload(data=versions[number - 1])
        )

    def _existing(self, name: str, context: grpc.ServicerContext) -> list[bytes]:
        if name not in self.versions:
            context.abort(grpc.StatusCode.NOT_FOUND, f"Secret [{name}] not found.")
        return self.versions[name]

    def _fail(self, name: str, context: grpc.ServicerContext) -> None:
        code, times = self.failing.get(name, (None, 0))
        if code is not None and times:
            self.failing[name] = code, times - 1
            context.abort(code, "broken on purpose")


@contextmanager
def serve_secret_manager(manager: LocalSecretManager) -> Iterator[SecretManagerServiceClient]:
    """Serve it for the length of the block; gives Google's own client for it."""
    with ThreadPoolExecutor(4) as pool:
        server = grpc.server(pool)
        port = server.add_insecure_port("127.0.0.1:0")
        server.add_generic_rpc_handlers(
            (grpc.method_handlers_generic_handler(_SERVICE, _handlers(manager)),)
        )
        server.start()
        with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
            transport = SecretManagerServiceGrpcTransport(channel=channel)
            yield SecretManagerServiceClient(transport=transport)
        server.stop(None).wait()


def _handlers(manager: LocalSecretManager) -> dict[str, grpc.RpcMethodHandler]:
    return {
        "CreateSecret": _handler(manager.create_secret, CreateSecretRequest, Secret),
        "GetSecret": _handler(manager.get_secret, GetSecretRequest, Secret),
        "ListSecrets": _handler(manager.list_secrets, ListSecretsRequest, ListSecretsResponse),
        "DeleteSecret": _handler(manager.delete_secret, DeleteSecretRequest, None),
        "AddSecretVersion": _handler(
            manager.add_secret_version, AddSecretVersionRequest, SecretVersion
        ),
        "AccessSecretVersion": _handler(
            manager.access_secret_version, AccessSecretVersionRequest, AccessSecretVersionResponse
        ),
    }


def _handler(method: Callable[..., Any], request: Any, answer: Any) -> grpc.RpcMethodHandler:
    write = answer.serialize if answer else Empty.SerializeToString
    return grpc.unary_unary_rpc_method_handler(
        method, request_deserializer=request.deserialize, response_serializer=write
    )
