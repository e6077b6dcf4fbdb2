// Sensitive values that are known without configuration.
export { DETECTORS, findDetector } from "./assembly/detect/built-in";
export { Detector } from "./assembly/detect/detector";
export { Detection } from "./assembly/detect/detection";
