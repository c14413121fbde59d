using System.Text.Json;
using System.Text.Json.Serialization;
using Fovea.AspNetCore.Serving;

namespace Fovea.AspNetCore.Requests;

/// <summary>What was found in a picture.</summary>
/// <param name="Width">Of the upright picture, in pixels.</param>
/// <param name="Height">Of the upright picture, in pixels.</param>
/// <param name="Milliseconds">Decoding and detecting, without the wait for a place.</param>
/// <param name="Detections">Best first.</param>
internal sealed record DetectAnswer(int Width, int Height, double Milliseconds, IReadOnlyList<FoundObject> Detections);

/// <summary>What can be found, and what a request may be.</summary>
internal sealed record DetectorAnswer(
    string Detector, IReadOnlyList<ClassAnswer> Classes, float Threshold, float Nms, int Max, int MaxDetections, int MaxRequestBytes, int MaxPixels);

/// <summary>A class.</summary>
/// <param name="Name">As answers call it.</param>
/// <param name="Channel">Its number.</param>
/// <param name="Color">Of its boxes in drawn pictures: #rrggbb.</param>
internal sealed record ClassAnswer(string Name, int Channel, string Color);

/// <summary>Problem details, RFC 9457; the title is HTTP's name of the status.</summary>
internal sealed record ProblemAnswer(string Title, int Status, string Detail);

/// <summary>Their JSON, written by generated code.</summary>
[JsonSourceGenerationOptions(JsonSerializerDefaults.Web)]
[JsonSerializable(typeof(DetectAnswer))]
[JsonSerializable(typeof(DetectorAnswer))]
[JsonSerializable(typeof(ProblemAnswer))]
internal sealed partial class AnswerJson : JsonSerializerContext;
