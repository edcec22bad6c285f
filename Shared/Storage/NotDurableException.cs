namespace Pgrepl.Shared.Storage;

/// <summary>A change that others see already could not be made durable: what memory and disk say after a power cut may differ, so only a crash and recovery put it right.</summary>
public sealed class NotDurableException(PgException error) : Exception(error.Message, error);
