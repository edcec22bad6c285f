namespace Pgrepl.WalReceiver.Repair;

/// <summary>WAL is missing still, everybody who was asked says what they said before, and that is in the log.</summary>
internal sealed class GapStillOpenException : Exception;
