export const PLUGIN_NAME: string = "traffic-tag";
